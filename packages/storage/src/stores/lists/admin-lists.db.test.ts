import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { ReadHandle } from '../../db/types.ts'
import type { Storage } from '../../open.ts'
import { AuditLogReader } from '../admin/audit-log.ts'
import { ReportReader } from '../admin/reports.ts'
import { MEDIA_STATISTICS_ORDERS, StatisticsReader } from '../admin/statistics.ts'
import { JobReader } from '../jobs/jobs.ts'
import { MEDIA_ORDERS } from '../media/list.ts'
import { MediaReader } from '../media/media.ts'
import { DESTINATION_ORDERS, DestinationReader } from '../outbound/destinations.ts'
import { ROOM_ORDERS, type RoomFilter, type RoomListPage, RoomListReader } from '../rooms/list.ts'
import { RoomReader } from '../rooms/rooms.ts'
import type { RoomRow } from '../rooms/types.ts'
import { COUNT, fillLists } from './list-fixture.ts'
import { checkPlans } from './plan-fixture.ts'

/** No statement may read all. */
const NONE = /^$/
const DIRS = ['f', 'b'] as const
const STARTS = [0, 2_000]

/** Every combination of these, with the name it has in messages. */
function* pages<Order extends string>(orders: readonly Order[]) {
  for (const orderBy of orders)
    for (const dir of DIRS) for (const from of STARTS) yield { orderBy, dir, from, limit: 20 }
}

const check = (storage: Storage, table: string, work: Parameters<typeof checkPlans>[2], what: object) =>
  checkPlans(storage, table, work, `${table} ${JSON.stringify(what)}`, NONE)

const ROOM_FILTERS = [
  {},
  { published: true },
  { empty: true },
  { published: false, empty: false },
  { published: true, empty: true },
  { search: 'irne' },
  { search: 'BIRNEN4', published: true },
  { search: 'äPF', empty: false },
  { search: 'z' },
  { search: '!r17' },
]

const everyRoom = async (storage: Storage) => {
  const ids = Array.from({ length: COUNT }, (_, i) => `!r${i + 1}`)
  return storage.read.rooms.roomsByIds(ids)
}

/** The rooms that pass, in their order, found by looking at each. */
function expected(
  rooms: RoomRow[],
  { search, published, empty }: RoomFilter,
  { orderBy, descending }: Pick<RoomListPage, 'orderBy' | 'descending'>,
): string[] {
  const part = search?.toLowerCase() ?? ''
  const texts = (room: RoomRow) => [room.name ?? '', (room.canonicalAlias ?? '#').slice(1).split(':')[0]!]
  const passing = rooms.filter(
    (room) =>
      (published ?? room.published) === room.published &&
      (empty ?? room.joinedCount === 0) === (room.joinedCount === 0) &&
      (search === undefined ||
        room.roomId === search ||
        texts(room).some((text) => text.toLowerCase().includes(part))),
  )
  const value = (room: RoomRow) =>
    orderBy === 'name'
      ? (room.name ?? '')
      : orderBy === 'published'
        ? Number(room.published)
        : room.joinedCount
  const sign = descending ? -1 : 1
  const compare = <T>(a: T, b: T) => (a < b ? -sign : a > b ? sign : 0)
  const sorted = passing.toSorted((a, b) => compare(value(a), value(b)) || compare(a.roomId, b.roomId))
  return sorted.map(({ roomId }) => roomId)
}

databaseMatrix((open) => {
  test('no list of rooms reads or sorts all there are, in any order, at any offset, for any search', async () => {
    await using storage = await open()
    await fillLists(storage)
    for (const filter of ROOM_FILTERS)
      for (const { dir, ...page } of pages(ROOM_ORDERS))
        await check(
          storage,
          'rooms',
          (db) => new RoomListReader(db).list(filter, { ...page, descending: dir === 'b' }),
          { ...filter, ...page, dir },
        )
  })

  test('a search in the public list looks at few rooms, and finds those with the part in alias, name or topic', async () => {
    await using storage = await open()
    await fillLists(storage)
    const topic =
      "UPDATE rooms SET published = 1, topic = CASE WHEN created_ts % 50 = 0 THEN '100 % BIRNEN' ELSE NULL END"
    await storage.write(async (tx) => {
      await tx.db.run(`${topic} WHERE created_ts % 4 <> 0`)
      await tx.rebuild.adminLists()
      if (storage.dialect === 'postgres') await tx.db.run('ANALYZE')
    })
    const all = (await everyRoom(storage)).filter((room) => room.published && room.joinedCount > 0)
    const inOrder = all.toSorted((a, b) => b.joinedCount - a.joinedCount || (a.roomId < b.roomId ? -1 : 1))
    const last = { joinedCount: 2, roomId: '!r2' }
    for (const search of ['', 'irne', 'äPF', '100 %', '#zoo', ':T', 'e', 'nowhere', '!!'])
      for (const after of [undefined, last]) {
        const page = { search, limit: 20, ...(after && { after }) }
        const found = await storage.read.rooms.publicRooms(page)
        const part = search.toLowerCase()
        const expectedRooms = inOrder.filter(
          ({ name, topic, canonicalAlias, joinedCount, roomId }) =>
            [name, topic, canonicalAlias].some((text) => part === '' || text?.toLowerCase().includes(part)) &&
            (after === undefined || joinedCount < 2 || (joinedCount === 2 && roomId > last.roomId)),
        )
        assert.deepEqual(
          found.map(({ roomId }) => roomId),
          expectedRooms.slice(0, 20).map(({ roomId }) => roomId),
          `${search} ${JSON.stringify(after)}`,
        )
        await check(storage, 'rooms', (db) => new RoomReader(db).publicRooms(page), page)
      }
  })

  test('no list of reports reads or sorts all there are', async () => {
    await using storage = await open()
    await fillLists(storage)
    const filters = [
      {},
      { sender: '@s1:t' },
      { userId: '@u9:t' },
      { userId: 'u1' },
      { userId: ':t' },
      { roomId: '!r29' },
      { roomId: '!R29', userId: '@u8', sender: '@s4:t' },
    ]
    for (const page of pages(['received_ts'])) {
      for (const filter of filters)
        await check(storage, 'event_reports', (db) => new ReportReader(db).listEventReports(filter, page), {
          ...filter,
          ...page,
        })
      for (const filter of [
        {},
        { userId: '@u9:t' },
        { targetUserId: '@s1' },
        { userId: 'u1', targetUserId: 's' },
      ])
        await check(storage, 'user_reports', (db) => new ReportReader(db).listUserReports(filter, page), {
          ...filter,
          ...page,
        })
    }
  })

  test("no list of a user's files, and none of who has files, reads or sorts all there are", async () => {
    await using storage = await open()
    await fillLists(storage)
    for (const page of pages(MEDIA_ORDERS))
      await check(storage, 'local_media', (db) => new MediaReader(db).listOfUser('@u1:t', page), page)
    const none = { fromTs: undefined, untilTs: undefined, search: undefined }
    for (const page of pages(MEDIA_STATISTICS_ORDERS))
      for (const search of [undefined, 'birne', 'u12', '8'])
        for (const table of ['user_media_totals', 'local_media', 'users'])
          await check(
            storage,
            table,
            (db) => new StatisticsReader(db).mediaByUser({ ...none, ...page, search }),
            {
              ...page,
              search,
            },
          )
  })

  test('files of a time are added up from an index alone, and no others', async () => {
    await using storage = await open()
    await fillLists(storage)
    await storage.write(async (tx) => {
      await tx.db.run(`UPDATE local_media SET user_id = '@u' || (created_ts % 3) || ':t'`)
      await tx.rebuild.adminLists()
      if (storage.dialect === 'postgres') await tx.db.run('ANALYZE')
    })
    for (const page of pages(MEDIA_STATISTICS_ORDERS))
      await check(
        storage,
        'local_media',
        (db) => new StatisticsReader(db).mediaByUser({ ...page, fromTs: 50, untilTs: 90, search: undefined }),
        page,
      )
  })

  test('no list of destinations, jobs or actions reads or sorts all there are', async () => {
    await using storage = await open()
    await fillLists(storage)
    for (const page of pages(DESTINATION_ORDERS))
      for (const name of [undefined, 'host99', 'h', 'HOST1234'])
        await check(storage, 'destinations', (db) => new DestinationReader(db).list({ ...page, name }), {
          ...page,
          name,
        })
    for (const filter of [
      {},
      { maxDueTs: 100 },
      { name: 'n1' },
      { subject: 's7' },
      { statuses: ['active'] as const },
      { name: 'n1', statuses: ['active'] as const, maxDueTs: 700 },
    ])
      await check(storage, 'jobs', (db) => new JobReader(db).list(filter, 100), filter)
    for (const filter of [
      {},
      { actor: '@u1:t' },
      { target: '@u17:t' },
      { operation: 'op3' },
      { actor: '@u1:t', operation: 'op3' },
      { fromTs: 10, toTs: 900 },
    ])
      for (const dir of DIRS)
        await check(
          storage,
          'audit_log',
          async (db) => {
            await new AuditLogReader(db).list(filter, { dir, limit: 100 })
            await new AuditLogReader(db).list(filter, { dir, limit: 100, after: { ts: 500, id: 500 } })
          },
          filter,
        )
    const one = async (db: ReadHandle) => {
      await new AuditLogReader(db).listAfter(COUNT - 10, 100)
      await new AuditLogReader(db).find(17)
    }
    await check(storage, 'audit_log', one, { listAfter: true })
  })

  test('a page of rooms is the same piece of the whole list at any offset, whatever is filtered and searched', async () => {
    await using storage = await open()
    await fillLists(storage)
    const { roomList } = storage.read
    for (const filter of ROOM_FILTERS)
      for (const orderBy of ['name', 'joined_count', 'published'] as const)
        for (const descending of [false, true]) {
          const order = { orderBy, descending }
          const all = await roomList.list(filter, { ...order, from: 0, limit: COUNT })
          assert.equal(all.rooms.length, all.total, JSON.stringify(filter))
          assert.deepEqual(
            all.rooms.map(({ roomId }) => roomId),
            expected(await everyRoom(storage), filter, order),
          )
          for (const part of [0, 0.3, 0.6, 0.99, 1]) {
            const from = Math.floor(all.total * part)
            const page = await roomList.list(filter, { ...order, from, limit: 20 })
            assert.deepEqual(page, { rooms: all.rooms.slice(from, from + 20), total: all.total })
          }
        }
  })

  test('a page far down is counted from the nearer end, and pages behind the end are empty', async () => {
    await using storage = await open()
    await fillLists(storage)
    const { roomList } = storage.read
    const all = await roomList.list({}, { orderBy: 'name', descending: false, from: 0, limit: COUNT })
    for (const from of [0, 1, 1_490, 1_500, 2_985, 2_999, 3_000, 5_000]) {
      const page = await roomList.list({}, { orderBy: 'name', descending: false, from, limit: 20 })
      assert.deepEqual(page, { rooms: all.rooms.slice(from, from + 20), total: COUNT }, String(from))
    }
  })
})
