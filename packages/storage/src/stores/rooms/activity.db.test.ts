import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Storage } from '../../open.ts'

/** An event's row as a commit writes it, as far as these reads look. */
async function add(
  storage: Storage,
  nid: number,
  row: { room?: string; sender: string; ts?: number; membership?: string; target?: string },
): Promise<void> {
  const { room = '!a', sender, ts = nid, membership = null, target = null } = row
  await storage.write((tx) =>
    tx.db.run(
      `INSERT INTO events (nid, position, event_id, room_id, type, state_key, sender, depth, origin_server_ts,
         received_ts, pdu, snapshot, membership) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, '{}', 0, ?)`,
      nid,
      nid,
      `$${nid}`,
      room,
      membership === null ? 'm.room.message' : 'm.room.member',
      target,
      sender,
      ts,
      ts,
      membership,
    ),
  )
}

databaseMatrix((open) => {
  test('invites sent and rooms joined are counted from a time on, each with its index', async () => {
    await using storage = await open()
    await add(storage, 1, { sender: '@a', ts: 10, membership: 'invite', target: '@b' })
    await add(storage, 2, { sender: '@a', ts: 20, membership: 'invite', target: '@c' })
    await add(storage, 3, { sender: '@a', ts: 30, membership: 'leave', target: '@c' })
    await add(storage, 4, { sender: '@a', ts: 30, membership: 'join', target: '@a' })
    await add(storage, 5, { sender: '@a', ts: 31, membership: 'join', target: '@a' })
    await add(storage, 6, { sender: '@a', ts: 32, membership: 'join', target: '@a', room: '!b' })
    const { roomActivity } = storage.read

    assert.equal(await roomActivity.countInvitesSent('@a', 0), 2)
    assert.equal(await roomActivity.countInvitesSent('@a', 20), 1)
    assert.equal(await roomActivity.countInvitesSent('@b', 0), 0)
    assert.equal(await roomActivity.countRoomsJoined('@a', 0), 2)
    assert.equal(await roomActivity.countRoomsJoined('@a', 32), 1)
    assert.equal(await roomActivity.countRoomsJoined('@a', 33), 0)

    const plans = await storage.write(async (tx) => {
      const explain = storage.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'
      if (storage.dialect === 'postgres') await tx.db.run('SET LOCAL enable_seqscan = off')
      const of = async (sql: string) => JSON.stringify(await tx.db.all(`${explain} ${sql}`, '@a', 0))
      return [
        await of(
          "SELECT COUNT(*) FROM events WHERE membership = 'invite' AND sender = ? AND received_ts >= ?",
        ),
        await of(
          "SELECT COUNT(DISTINCT room_id) FROM events WHERE membership = 'join' AND state_key = ? AND received_ts >= ?",
        ),
      ]
    })
    assert.match(plans[0]!, /events_invites/)
    assert.match(plans[1]!, /events_joins/)
  })

  test("a user's events are found newest first, some of the room at a time", async () => {
    await using storage = await open()
    for (let nid = 1; nid <= 10; nid++) await add(storage, nid, { sender: nid % 3 === 0 ? '@a' : '@b' })
    await add(storage, 11, { sender: '@a', room: '!b' })
    const { roomActivity } = storage.read

    const first = await roomActivity.eventsOf('!a', '@a', { after: 2, before: 100, scan: 4 })
    assert.deepEqual([first.events.map((row) => row.nid), first.reached], [[9], 7])
    const second = await roomActivity.eventsOf('!a', '@a', { after: 2, before: 7, scan: 4 })
    assert.deepEqual([second.events.map((row) => row.nid), second.reached], [[6, 3], 3])
    const last = await roomActivity.eventsOf('!a', '@a', { after: 2, before: 3, scan: 4 })
    assert.deepEqual([last.events, last.reached], [[], undefined])
  })
})
