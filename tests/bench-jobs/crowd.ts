import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { openStorage } from '@ranvier/storage'
import type { Client, Ranvier } from '@ranvier/testkit'
import { fillAccounts } from '../bench-admin/accounts.ts'
import { changeState } from '../growth/fill-room.ts'

/** Lets accounts of their own, `count` of them, be in the room. The server is stopped. */
export async function fillMembers(server: Ranvier, roomId: string, count: number): Promise<void> {
  await fillAccounts(server.storageOptions, server.serverName, count)
  await using storage = await openStorage(server.storageOptions)
  const people = await storage.write((tx) =>
    tx.db.all<{ name: string }>(
      `SELECT name FROM users u WHERE NOT EXISTS (SELECT 1 FROM room_members m WHERE m.user_id = u.name)
       ORDER BY id LIMIT ?`,
      count,
    ),
  )
  await changeState(storage, roomId, people.length, (n) => {
    const { name } = people[n]!
    const content = { membership: 'join', displayname: `Member ${n}` }
    return { type: 'm.room.member', stateKey: name, sender: name, content }
  })
}

/** What somebody may ask of a room with very many members. */
export function largeAnswers(roomId: string): Record<string, string> {
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`
  const filter = encodeURIComponent(JSON.stringify({ room: { rooms: [roomId] } }))
  return {
    members: `${room}/members`,
    joined_members: `${room}/joined_members`,
    state: `${room}/state`,
    'initial sync': `/_matrix/client/v3/sync?set_presence=offline&filter=${filter}`,
    'admin: state': `/_synapse/admin/v1/rooms/${encodeURIComponent(roomId)}/state`,
  }
}

/** Asks for it again and again in a thread of its own, so that reading it delays nobody here; how often it was answered. */
export async function askAgain(client: Client, path: string, seconds: number): Promise<string> {
  const request = { url: client.url + path, token: client.accessToken, seconds }
  const worker = new Worker(new URL('./ask-worker.ts', import.meta.url), { workerData: request })
  const [answers] = (await once(worker, 'message')) as [{ count: number; bytes: number }]
  await once(worker, 'exit')
  return `${answers.count} of ${(answers.bytes / 2 ** 20).toFixed(1)} MiB`
}
