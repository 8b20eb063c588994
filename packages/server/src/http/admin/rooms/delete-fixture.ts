import assert from 'node:assert/strict'
import type { Storage } from '@ranvier/storage'
import { eventually } from '@ranvier/testkit/eventually'
import type { Person, WholeServer } from '../whole-server-fixture.ts'

export const V1 = '/_synapse/admin/v1/rooms'
export const V2 = '/_synapse/admin/v2/rooms'

/** How many rows of each table are about the room, where there are any. */
export async function rowsOf(storage: Storage, roomId: string): Promise<Record<string, number>> {
  const tables = await storage.write(({ db }) =>
    db.all<{ name: string }>(
      db.dialect === 'sqlite'
        ? `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
           WHERE m.type = 'table' AND c.name = 'room_id'`
        : `SELECT table_name AS name FROM information_schema.columns
           WHERE column_name = 'room_id' AND table_schema = current_schema()`,
    ),
  )
  assert.ok(tables.length >= 12)
  const found: Record<string, number> = {}
  const count = async (table: string, column: string) => {
    const sql = `SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = ?`
    const row = await storage.write((tx) => tx.db.get<{ n: number }>(sql, roomId))
    if (row!.n > 0) found[table] = row!.n
  }
  for (const { name } of tables) await count(name, 'room_id')
  await count('user_directory_names', 'scope')
  return found
}

/** As {@link rowsOf}, but for when the room was measured: that goes on beside. */
export async function rowsBeside(storage: Storage, roomId: string): Promise<Record<string, number>> {
  const { room_storage: _, ...rows } = await rowsOf(storage, roomId)
  return rows
}

/** A room with something in every table, and one beside it. */
export async function busyRoom(server: WholeServer) {
  const admin = await server.person('admin', { admin: true })
  const [alice, bob, carol] = [
    await server.person('alice'),
    await server.person('bob'),
    await server.person('carol'),
  ]
  const room = await server.createRoom(alice, {
    preset: 'private_chat',
    room_alias_name: 'doomed',
    invite: [bob.userId, carol.userId],
  })
  await server.join(bob, room)
  const other = await server.createRoom(bob)
  const said = await server.say(alice, room, 'hello')
  const { token, userId } = bob
  await server.ok('POST', `${server.room(room)}/receipt/m.read/${encodeURIComponent(said)}`, {
    token,
    body: {},
  })
  const data = `/user/${userId}/rooms/${encodeURIComponent(room)}/account_data/x`
  await server.ok('PUT', data, { token, body: { a: 1 } })
  await server.ok('PUT', `${server.room(room)}/redact/${encodeURIComponent(said)}/t`, {
    token: alice.token,
    body: {},
  })
  const { version } = await server.ok('POST', '/room_keys/version', {
    token,
    body: { algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2', auth_data: { public_key: 'x' } },
  })
  for (const each of [room, other])
    await server.ok('PUT', `/room_keys/keys/${encodeURIComponent(each)}/s?version=${version}`, {
      token,
      body: { first_message_index: 0, forwarded_count: 0, is_verified: false, session_data: {} },
    })
  const checkpoint = { roomId: room, upTo: 1, items: '[]' }
  await server.storage.write((tx) => tx.unread.keep(userId, [checkpoint]))
  return { admin, alice, bob, carol, room, other, said }
}

const isLive = async (server: WholeServer) =>
  (await server.storage.read.jobs.list({ name: 'delete-room', statuses: ['scheduled', 'active'] }, 1))
    .length > 0

export const settled = async (server: WholeServer) => {
  using _ = ticking(server)
  await eventually(async () => !(await isLive(server)))
  await eventually(async () => (await server.storage.read.userDirectory.listQueued(1)).length === 0)
}

/** Lets time go by: leaves are seen for a while before a room is purged, and a second server's clock begins anew. */
export function ticking(server: WholeServer): Disposable {
  let goesOn = true
  const tick = () => {
    if (!goesOn) return
    server.clock.advance(500)
    setImmediate(tick)
  }
  tick()
  return { [Symbol.dispose]: () => void (goesOn = false) }
}

export const start = async (server: WholeServer, { token }: Person, room: string, body: object = {}) =>
  (await server.ok('DELETE', `${V2}/${encodeURIComponent(room)}`, { token, body })).delete_id as string
