import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { STATE_CHANGES } from '@ranvier/storage/commit/tables'
import { type BulkInsert, bulkInsert } from '@ranvier/storage/db/bulk'
import type { SqlValue } from '@ranvier/storage/db/types'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { noteRoom, type Traffic } from './room-traffic.ts'

const ROOM = '!room:test' as RoomId
const ALICE = '@alice:test' as UserId
const EVENTS: BulkInsert = {
  table: 'events',
  columns: {
    nid: 'bigint',
    position: 'bigint',
    event_id: 'text',
    room_id: 'text',
    type: 'text',
    state_key: 'text',
    sender: 'text',
    depth: 'bigint',
    origin_server_ts: 'bigint',
    received_ts: 'bigint',
    pdu: 'text',
    snapshot: 'bigint',
    membership: 'text',
  },
}
const MEMBERS = 600
const member = (n: number) => `@${n % MEMBERS}:test`
/** Everybody comes; then every third goes, and the others change their names. */
const membership = (n: number) => (n >= MEMBERS && n % 3 === 0 ? 'leave' : 'join')

databaseMatrix((open) => {
  test('of many who came and went no event is loaded, but for those of which it is not noted what they say', async () => {
    await using storage = await open()
    const all = Array.from({ length: 2 * MEMBERS }, (_, n) => n)
    await storage.write(async ({ db }) => {
      await bulkInsert(
        db,
        STATE_CHANGES,
        all.map((n) => [
          ROOM,
          n + 1,
          'm.room.member',
          member(n),
          n + 1,
          n < MEMBERS ? null : n + 1 - MEMBERS,
        ]),
      )
      await bulkInsert(
        db,
        EVENTS,
        all.map((n): SqlValue[] => {
          const noted = n === 7 ? null : membership(n)
          return [n + 1, n + 1, `$${n}`, ROOM, 'm.room.member', member(n), member(n), n, n, n, '{}', 0, noted]
        }),
      )
    })
    const loaded: number[] = []
    const roomEvents = {
      async byNid(nids: readonly number[]) {
        loaded.push(...nids)
        return new Map()
      },
    }
    const traffic = async (after: number, upTo: number) => {
      const seen: Traffic = { came: new Set(), went: new Set() }
      await noteRoom({ storage, roomEvents }, ALICE, ROOM, { after, upTo }, seen)
      return { came: seen.came.size, went: seen.went.size }
    }

    const since = await traffic(MEMBERS, 2 * MEMBERS)
    const loadedSince = loaded.splice(0)
    const wholly = await traffic(0, 2 * MEMBERS)

    // Of the eighth nobody knows that they had been there before.
    assert.deepEqual(since, { came: 1, went: MEMBERS / 3 })
    assert.deepEqual(loadedSince, [8])
    assert.deepEqual(wholly, { came: (MEMBERS * 2) / 3, went: 0 })
    assert.deepEqual(loaded, [])
  })
})
