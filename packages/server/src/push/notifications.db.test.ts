import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture, watched } from '../sync/fixture.ts'
import { listNotifications, type NotificationParts } from './notifications.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const NEWEST = Number.MAX_SAFE_INTEGER

databaseMatrix((open) => {
  test('a request looks at two thousand events that notify nobody in three questions, and says where to go on', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.say(alice, roomId, 'copied')
    await storage.write(async ({ db }) => {
      await db.run(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
         INSERT INTO events (nid, position, event_id, room_id, type, sender, depth, origin_server_ts, received_ts,
           pdu, snapshot, status)
         SELECT 1000 + i, 1000 + i, '$copy' || i, room_id, type, sender, depth, origin_server_ts, received_ts,
           pdu, snapshot, status FROM n, events WHERE type = 'm.room.message'`,
      )
      await db.run("UPDATE streams SET position = 3100 WHERE name = 'events'")
    })
    // What was before that is nothing to tell him of, so none of it is judged.
    await server.join(bob, roomId)
    const parts = {
      reads: server.reads,
      newest: () => 3_101,
    } as Partial<NotificationParts> as NotificationParts
    reads.length = 0

    const page = await listNotifications(parts, bob.userId, {
      before: NEWEST,
      limit: 10,
      onlyHighlights: false,
    })

    assert.equal(reads.filter((read) => read === 'sync.othersEvents').length, 3)
    assert.deepEqual(page, { notifications: [], next: 1_101 })
  })
})
