import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { openStorage } from '../open.ts'
import { listIndexes } from './0021-list-indexes.ts'
import { fillBefore } from './old-fixture.ts'

/** What a server of the version before has. */
const ROWS = [
  `INSERT INTO users (id, name, creation_ts, displayname, kind, search_text) VALUES (1, '@ann:t', 1, 'Änne', 0, '')`,
  `INSERT INTO rooms (room_id, version, creator, created_ts, published, extremities, depth, snapshot, last_position,
     last_ts, event_count, state_event_count, joined_count, invited_count, name, canonical_alias)
   VALUES ('!a:t', '10', '@ann:t', 1, 1, '[]', 1, 1, 1, 1, 1, 1, 2, 0, 'Ämter', NULL),
     ('!b:t', '10', '@ann:t', 1, 0, '[]', 1, 1, 1, 1, 1, 1, 0, 0, NULL, '#Hof:t'),
     ('!c:t', '10', '@ann:t', 1, 0, '[]', 1, 1, 1, 1, 1, 1, 1, 0, NULL, NULL)`,
  `INSERT INTO list_totals (list, kind, entries) VALUES ('rooms', 2, 1), ('rooms', 1, 1), ('rooms', 0, 1)`,
  `UPDATE list_totals SET entries = 2 WHERE list = 'event_reports'`,
  `INSERT INTO event_reports (id, received_ts, room_id, event_id, user_id, sender)
   VALUES (1, 1, '!a:t', '$e', '@ann:t', '@x:t'), (2, 2, '!b:t', '$f', '@ann:t', '@y:t')`,
  `INSERT INTO user_media_totals (user_id, files, bytes) VALUES ('@ann:t', 2, 7), ('@gone:t', 0, 0)`,
  `INSERT INTO destinations (destination, retry_last_ts, retry_interval) VALUES ('Far.example', 0, 0)`,
]

databaseMatrix((open) => {
  test('lists of a server that was there before are filtered, ordered and searched as those of a new one', async () => {
    const options = await open.emptyOptions()
    await fillBefore(listIndexes, options, ROWS)

    await using storage = await openStorage(options)

    const { roomList, reports, statistics, destinations } = storage.read
    const page = { from: 0, limit: 10, dir: 'f' } as const
    const rooms = async (filter: object) =>
      (await roomList.list(filter, { ...page, orderBy: 'name', descending: false })).rooms.map(
        (room) => room.roomId,
      )
    assert.deepEqual(await rooms({ published: true }), ['!a:t'])
    assert.deepEqual(await rooms({ empty: true }), ['!b:t'])
    assert.deepEqual(await rooms({ search: 'äm' }), ['!a:t'])
    assert.deepEqual(await rooms({ search: 'hof' }), ['!b:t'])
    const totals = async (filter: object) => (await reports.listEventReports(filter, page)).total
    assert.deepEqual(
      [await totals({}), await totals({ userId: 'ANN' }), await totals({ roomId: '!B', userId: 'ann' })],
      [2, 2, 1],
    )
    const media = { ...page, orderBy: 'displayname', fromTs: undefined, untilTs: undefined } as const
    const uploader = { userId: '@ann:t', displayName: 'Änne', files: 2, bytes: 7 }
    for (const search of [undefined, 'änn'])
      assert.deepEqual(await statistics.mediaByUser({ ...media, search }), { users: [uploader], total: 1 })
    const found = await destinations.list({ ...page, orderBy: 'destination', name: 'far' })
    assert.deepEqual([found.total, found.destinations[0]?.destination], [1, 'Far.example'])
  })
})
