import { openStorage, type Storage } from '@ranvier/storage'
import { type Client, type Ranvier, startRanvier } from '@ranvier/testkit'
import { untilAtRest } from '../bench/rest.ts'
import { CLIENT } from '../bench/scenarios/scenario.ts'
import { tidyUp } from '../bench-admin/accounts.ts'
import { Backends } from './backends.ts'

/** Fifty thousand who came at once are in the user directory only after that long, on PostgreSQL and beside other work. */
const SETTLES_WITHIN_MS = 30 * 60_000
const KEY = 'k'.repeat(43)

export type Database = 'sqlite' | 'postgres'

/** A server of one size, and whom and what operations use on it. */
export interface Scene {
  size: number
  server: Ranvier
  url: string
  admin: Client
  /** Does what is measured. */
  user: Client
  /** Sends what `user` is to hear of. */
  other: Client
  /** Comes and goes. */
  guest: Client
  /** A public room of the administrator, with `user` and `other` in it. */
  roomId: string
  /** An event in its middle, if more were written into it. */
  eventId: string
  /** `next_batch` of `user` before anything was filled in. */
  oldToken: string
  /** What one more of what is counted takes on disk, where that was looked at. */
  bytesEach?: number
  /** Of PostgreSQL, for its CPU time. */
  backends: Backends | undefined
}

/** A new server with a few people and a room. */
export async function startScene(
  database: Database,
  size: number,
  profiles: string | undefined,
): Promise<Scene> {
  const nodeOptions = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  const server = await startRanvier({ database, nodeOptions })
  const admin = await server.registerAdmin()
  const [user, other, guest] = [
    await server.register('user'),
    await server.register('other'),
    await server.register('guest'),
  ]
  // Without a name: then clients are told of members to call it by.
  const roomId = await admin.createRoom({ preset: 'public_chat' })
  for (const each of [user, other]) {
    await each.join(roomId)
    await uploadKeys(each)
  }
  const eventId = await admin.send(roomId, 'the first')
  const { next_batch: oldToken } = await user.sync()
  const backends = await Backends.of(server.storageOptions)
  return { size, server, url: server.url, admin, user, other, guest, roomId, eventId, oldToken, backends }
}

/** Lets `work` write into the database while the server is stopped; then it starts anew, and comes to rest. */
export async function fillOffline(scene: Scene, work: (storage: Storage) => Promise<unknown>): Promise<void> {
  const { server } = scene
  await server.stop()
  {
    await using storage = await openStorage(server.storageOptions)
    await work(storage)
    await tidyUp(server.storageOptions, storage)
  }
  await server.restart()
  await untilAtRest(server.pid, SETTLES_WITHIN_MS)
}

/** Bytes of the database on disk. */
export async function sizeOnDisk(storage: Storage): Promise<number> {
  const row = await storage.write((tx) =>
    tx.db.get<{ bytes: number }>(
      storage.dialect === 'sqlite'
        ? 'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()'
        : 'SELECT pg_database_size(current_database()) AS bytes',
    ),
  )
  return Number(row!.bytes)
}

/** Keys of a client's device, and some that are used once. */
export async function uploadKeys(client: Client): Promise<void> {
  const { userId, deviceId } = client
  await client.post(`${CLIENT}/keys/upload`, {
    device_keys: {
      user_id: userId,
      device_id: deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
      keys: { [`curve25519:${deviceId}`]: KEY, [`ed25519:${deviceId}`]: KEY },
      signatures: { [userId]: { [`ed25519:${deviceId}`]: 's'.repeat(86) } },
    },
    one_time_keys: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`curve25519:${i}`, `key ${i}`])),
  })
}
