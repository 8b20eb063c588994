import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Storage } from '../open.ts'
import { JobReader } from './jobs.ts'
import { MEDIA_ORDERS, mediaListSql } from './media-list.ts'
import { checkPlans } from './plan-fixture.ts'
import { ReportReader } from './reports.ts'
import { ROOM_ORDERS, RoomListReader } from './room-list.ts'

const COUNT = 3_000
const NUMBERS = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT})`
/** No statement may read all. */
const NONE = /^$/

/** Rooms, reports, files and jobs, written as they never come: all at once. */
async function filled(storage: Storage): Promise<void> {
  await storage.write(async (tx) => {
    const statements = [
      `INSERT INTO rooms (room_id, version, creator, created_ts, published, extremities, depth, snapshot,
         last_position, last_ts, event_count, state_event_count, joined_count, invited_count, name)
       SELECT '!r' || i, '10', '@a:t', i, i % 2, '[]', 1, 1, i, i, 1, i % 9, i % 5, 0,
         CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || (i % 50) END FROM n`,
      `INSERT INTO event_reports (id, received_ts, room_id, event_id, user_id, sender, reason, score)
       SELECT i, i / 2, '!r' || i, '$e' || i, '@u' || (i % 7) || ':t', '@s' || (i % 5) || ':t', NULL, NULL FROM n`,
      `INSERT INTO user_reports (id, received_ts, target_user_id, user_id, reason)
       SELECT i, i / 2, '@s' || (i % 5) || ':t', '@u' || (i % 7) || ':t', '' FROM n`,
      `INSERT INTO local_media (media_id, user_id, media_type, media_length, created_ts, authenticated, sha256)
       SELECT 'm' || i, '@u' || (i % 3) || ':t', 'a/b', i % 100, i, 1, 'h' || i FROM n`,
      `INSERT INTO jobs (id, name, subject, params, status, progress, created_ts, updated_ts, due_ts, attempts)
       SELECT 'j' || i, 'x', NULL, '{}', 'complete', 'null', i, i, i / 2, 0 FROM n`,
    ]
    for (const sql of statements) await tx.db.run(sql.replace(/\n\s+SELECT/, `\n ${NUMBERS} SELECT`))
    await tx.takePosition('reports', COUNT)
    if (storage.dialect === 'postgres') await tx.db.run('ANALYZE')
  })
}

databaseMatrix((open) => {
  test('no list of administrators reads or sorts all there is, in any order, at any offset', async () => {
    await using storage = await open()
    await filled(storage)

    for (const from of [0, 2_000]) {
      for (const orderBy of ROOM_ORDERS)
        for (const descending of [false, true])
          for (const filter of [
            {},
            { published: true },
            { empty: true },
            { published: false, empty: false },
          ]) {
            const page = { orderBy, descending, from, limit: 20 }
            const what = `rooms ${JSON.stringify({ ...filter, ...page })}`
            await checkPlans(storage, 'rooms', (db) => new RoomListReader(db).list(filter, page), what, NONE)
            await checkPlans(storage, 'rooms', (db) => new RoomListReader(db).count(filter), what, NONE)
          }
      for (const dir of ['f', 'b'] as const) {
        const page = { from, limit: 20, dir }
        for (const filter of [{}, { sender: '@s1:t' }])
          await checkPlans(
            storage,
            'event_reports',
            (db) => new ReportReader(db).listEventReports(filter, page),
            `event reports ${JSON.stringify({ ...filter, ...page })}`,
            NONE,
          )
        await checkPlans(
          storage,
          'user_reports',
          (db) => new ReportReader(db).listUserReports({}, page),
          `user reports ${JSON.stringify(page)}`,
          NONE,
        )
        for (const orderBy of MEDIA_ORDERS)
          await checkPlans(
            storage,
            'local_media',
            (db) => db.all(mediaListSql({ orderBy, dir }), '@u1:t', 20, from / 4),
            `media ${orderBy} ${dir}`,
            NONE,
          )
      }
    }
    for (const filter of [{}, { maxDueTs: 100 }])
      await checkPlans(storage, 'jobs', (db) => new JobReader(db).list(filter, 100), 'jobs', NONE)
  })

  test('the numbers of rooms and reports are kept while rooms are published and go, and reports come and go', async () => {
    await using storage = await open()
    await filled(storage)
    await storage.write(async (tx) => {
      for (const list of ['rooms', 'event_reports', 'user_reports'])
        await tx.db.run('DELETE FROM list_totals WHERE list = ?', list)
      await tx.db.run(
        `INSERT INTO list_totals (list, kind, entries)
         SELECT 'rooms', published * 2 + CASE WHEN joined_count = 0 THEN 1 ELSE 0 END, COUNT(*) FROM rooms
         GROUP BY published * 2 + CASE WHEN joined_count = 0 THEN 1 ELSE 0 END`,
      )
      await tx.db.run(`INSERT INTO list_totals (list, kind, entries) VALUES ('event_reports', 0, ${COUNT})`)
    })
    const { roomList, reports } = storage.read
    const counted = async () => [
      await roomList.count({}),
      await roomList.count({ published: true }),
      await roomList.count({ published: false, empty: true }),
      (await reports.listEventReports({}, { from: 0, limit: 1, dir: 'b' })).total,
    ]
    assert.deepEqual(await counted(), [3_000, 1_500, 300, 3_000])

    await storage.write(async (tx) => {
      await tx.rooms.setPublished('!r1', true)
      await tx.rooms.setPublished('!r2', true)
      await tx.roomDeletion.deleteRoom('!r10')
      await tx.roomDeletion.deleteRoom('!r10')
      assert.equal(await tx.reports.deleteEventReport(11), true)
      assert.equal(await tx.reports.deleteEventReport(11), false)
      await tx.reports.addEventReport({
        receivedTs: 9,
        roomId: '!r1' as RoomId,
        eventId: '$x' as EventId,
        userId: '@u1:t' as UserId,
        sender: '@s1:t' as UserId,
        reason: null,
        score: null,
      })
    })

    assert.deepEqual(await counted(), [2_999, 1_501, 299, 2_999])
  })
})
