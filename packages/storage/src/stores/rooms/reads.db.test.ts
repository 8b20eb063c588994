import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue } from '../../db/types.ts'
import type { Storage } from '../../open.ts'
import { PresenceReader } from '../client-data/presence.ts'
import { ReceiptReader } from '../client-data/receipts.ts'
import { DeviceReader } from '../sessions/devices.ts'
import { RoomListReader } from './list.ts'
import { RoomMemberReader } from './members.ts'
import { RoomStateReader } from './state.ts'

const ROOM = '!room:test'
const MEMBERS: BulkInsert = {
  table: 'room_members',
  columns: { room_id: 'text', user_id: 'text', membership: 'text', nid: 'bigint', sender: 'text' },
}
const KEYS: BulkInsert = {
  table: 'state_keys',
  columns: { id: 'bigint', room_id: 'text', type: 'text', state_key: 'text' },
}
const CHANGES: BulkInsert = {
  table: 'state_changes',
  columns: { room_id: 'text', position: 'bigint', type: 'text', state_key: 'text', nid: 'bigint' },
}

const LISTS: BulkInsert = {
  table: 'device_list_changes',
  columns: { user_id: 'text', position: 'bigint' },
}

const RECEIPTS: BulkInsert = {
  table: 'receipts',
  columns: {
    room_id: 'text',
    user_id: 'text',
    receipt_type: 'text',
    thread_id: 'text',
    event_id: 'text',
    event_position: 'bigint',
    ts: 'bigint',
    position: 'bigint',
  },
}

const PRESENCE: BulkInsert = {
  table: 'presence',
  columns: {
    user_id: 'text',
    state: 'text',
    last_active_ts: 'bigint',
    currently_active: 'bigint',
    position: 'bigint',
  },
}

const rows = (count: number, row: (n: number) => SqlValue[]) =>
  Array.from({ length: count }, (_, n) => row(n))

/** The plans of the statements that `work` uses. */
async function plansOf(storage: Storage, work: (db: ReadHandle) => Promise<unknown>): Promise<string> {
  return storage.write(async (tx) => {
    const statements: { sql: string; params: SqlValue[] }[] = []
    const noted = (sql: string, params: SqlValue[]) => {
      statements.push({ sql, params })
      return tx.db
    }
    await work({
      dialect: storage.dialect,
      all: (sql, ...params) => noted(sql, params).all(sql, ...params),
      get: (sql, ...params) => noted(sql, params).get(sql, ...params),
    })
    const plans: string[] = []
    if (storage.dialect === 'postgres') await tx.db.run('ANALYZE')
    for (const { sql, params } of statements)
      for (const row of await tx.db.all<Record<string, unknown>>(
        `${storage.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${sql}`,
        ...params,
      ))
        plans.push(String(row['detail'] ?? row['QUERY PLAN']))
    return plans.join('\n')
  })
}

databaseMatrix((open) => {
  test('who a room is named by is read from an index, and all members in the order of their ids', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      const member = (n: number): SqlValue[] => {
        const membership = n % 100 === 7 ? 'invite' : n < 20 ? 'leave' : 'join'
        return [ROOM, `@${(n * 7_919) % 5_000}:test`, membership, n + 1, '@a:test']
      }
      await bulkInsert(tx.db, MEMBERS, rows(5_000, member))
    })
    const { members } = storage.read

    const first = await members.heroes(ROOM, `@${(20 * 7_919) % 5_000}:test`, ['join', 'invite'], 3)
    const gone = await members.heroes(ROOM, '@nobody:test', ['leave', 'ban'], 2)
    const heroPlans = await plansOf(storage, (db) =>
      new RoomMemberReader(db).heroes(ROOM, '@a:test', ['join', 'invite'], 5),
    )
    const listPlans = await plansOf(storage, async (db) => {
      await new RoomMemberReader(db).page(ROOM, ['join', 'invite'], { after: '@3', limit: 10 })
    })

    assert.deepEqual(
      [first.map(({ nid }) => nid), gone.map(({ nid }) => nid)],
      [
        [8, 22, 23],
        [1, 2],
      ],
    )
    assert.match(heroPlans, /room_members_by_age/)
    assert.doesNotMatch(heroPlans, /TEMP B-TREE|Sort|Seq Scan/)
    assert.doesNotMatch(listPlans, /room_members_by_age|TEMP B-TREE|Sort/)
  })

  test('the state of a time is looked up entry by entry, however often they changed', async () => {
    await using storage = await open()
    const types = ['a.first', 'm.room.member', 'x.last']
    await storage.write(async (tx) => {
      await bulkInsert(
        tx.db,
        KEYS,
        rows(9, (n) => [n + 1, ROOM, types[n % 3]!, `k${n}`]),
      )
      const change = (n: number): SqlValue[] => [ROOM, n + 1, types[n % 3]!, `k${n % 9}`, n + 1]
      await bulkInsert(tx.db, CHANGES, rows(5_000, change))
    })
    const { roomState } = storage.read
    const nids = (entries: readonly { nid: number }[]) => entries.map(({ nid }) => nid).sort((a, b) => a - b)

    const plans = await plansOf(storage, (db) => new RoomStateReader(db).stateAtButMembers(ROOM, 3_000))
    const plansOfSome = await plansOf(storage, (db) =>
      new RoomStateReader(db).entriesAt(ROOM, 'm.room.member', ['k1', 'k4'], 3_000),
    )
    const plansOfOne = await plansOf(storage, async (db) => {
      const reader = new RoomStateReader(db)
      await reader.entryAt(ROOM, 'm.room.member', 'k1', 3_000)
      await reader.history(ROOM, 'm.room.member', 'k1')
    })

    assert.deepEqual(nids(await roomState.stateAt(ROOM, 3_000)), rows(9, (n) => [2_992 + n]).flat())
    assert.deepEqual(nids(await roomState.stateAt(ROOM, 4)), [1, 2, 3, 4])
    assert.deepEqual(
      nids(await roomState.stateAtButMembers(ROOM, 3_000)),
      [2_992, 2_994, 2_995, 2_997, 2_998, 3_000],
    )
    assert.deepEqual(nids(await roomState.changedEntries(ROOM, 2_998, 3_001)), [2_999, 3_000, 3_001])
    assert.deepEqual(nids(await roomState.changes(ROOM, 2_998, 5_000, 2)), [2_999, 3_000])
    const some = ['k1', 'k4', 'k7', 'nobody']
    assert.deepEqual(
      nids(await roomState.entriesAt(ROOM, 'm.room.member', some, 3_000)),
      [2_993, 2_996, 2_999],
    )
    assert.deepEqual(nids(await roomState.entriesAt(ROOM, 'm.room.member', some, 4)), [2])
    assert.match(plans, /state_changes_by_key/)
    assert.match(plansOfSome, /state_changes_by_key/)
    assert.doesNotMatch(plansOfSome, /WindowAgg|CO-ROUTINE|SCAN c\b|Seq Scan on state_changes/)
    assert.match(plansOfOne, /state_changes_by_key/)
    assert.doesNotMatch(plansOfOne, /PRIMARY KEY|state_changes_pkey|Seq Scan/)
    assert.doesNotMatch(plans, /WindowAgg|CO-ROUTINE|SCAN c\b|Seq Scan on state_changes/)
  })

  test('whose devices changed among those in one’s rooms is asked from the rooms on', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      const member = (n: number): SqlValue[] => [
        n < 4 ? ROOM : `!other${n % 50}:test`,
        `@${n}:test`,
        n === 3 ? 'leave' : 'join',
        n + 1,
        '@a:test',
      ]
      await bulkInsert(tx.db, MEMBERS, rows(5_000, member))
      await bulkInsert(
        tx.db,
        LISTS,
        rows(5_000, (n) => [`@${n}:test`, n + 1]),
      )
    })
    const { devices, members } = storage.read

    const changed = await devices.changedInCompany('@0:test', 1)
    const plans = await plansOf(storage, (db) => new DeviceReader(db).changedInCompany('@0:test', 1))

    const sharing = await members.sharingWith('@0:test', ['@2:test', '@3:test', '@4:test', '@5000:test'])
    const sharingPlan = await plansOf(storage, (db) =>
      new RoomMemberReader(db).sharingWith('@0:test', ['@2:test', '@3:test']),
    )

    assert.deepEqual(sharing, ['@2:test'])
    assert.match(sharingPlan, /room_members_by_user/)
    assert.doesNotMatch(sharingPlan, /SCAN [ab]\b|Seq Scan/)
    // One shared room is enough.
    assert.doesNotMatch(sharingPlan, /TEMP B-TREE|Unique|Hash|Semi/)
    assert.match(sharingPlan, /CORRELATED|SubPlan/)
    assert.deepEqual(changed.map(({ userId }) => userId).toSorted(), ['@1:test', '@2:test'])
    assert.equal(await devices.lastChange(), 5_000)
    assert.equal(await members.countCompany('@0:test'), 0, 'there is no row of the room')
    assert.doesNotMatch(plans, /SCAN c\b|Seq Scan on device_list_changes/)
    assert.doesNotMatch(plans, /device_list_changes_by_position/)
  })

  test('the devices in a room are counted without its members', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await bulkInsert(
        tx.db,
        MEMBERS,
        rows(5_000, (n) => [ROOM, `@${n}:test`, 'join', n + 1, '@a:test']),
      )
      await bulkInsert(
        tx.db,
        LISTS,
        rows(5_000, (n) => [`@${n}:test`, n + 1]),
      )
      await tx.devices.ensure('@7:test' as UserId, 'A', null, 1)
      await tx.db.run(
        `INSERT INTO rooms (room_id, version, creator, created_ts, published, extremities, depth, snapshot,
           last_position, last_ts, event_count, state_event_count, joined_count, invited_count)
         VALUES (?, '11', '@a:test', 1, 0, '[]', 1, 0, 1, 1, 1, 1, 5000, 0)`,
        ROOM,
      )
    })

    const extras = await storage.read.roomList.extras(ROOM)
    const plans = await plansOf(storage, (db) => new RoomListReader(db).extras(ROOM))

    assert.deepEqual(extras, { joinedLocalDevices: 1, forgotten: false, tombstoned: false })
    assert.match(plans, /device_list_changes_uncounted/)
    // One row of each who has logged in since, by both parts of the key.
    assert.match(
      plans,
      /\(room_id=\? AND user_id=\?\)|Index Cond: \(\(room_id = .*\) AND \(user_id = c\.user_id\)\)/,
    )
    assert.doesNotMatch(plans, /SCAN m\b|Seq Scan on (room_members|device_list_changes)|Hash|room_members_by/)
  })

  test('the receipts on some events, and of one user, are read without those of the others', async () => {
    await using storage = await open()
    const receipt = (n: number): SqlValue[] => {
      const [room, event] = n === 4_999 ? ['!other:test', '$9'] : [ROOM, `$${n % 1_000}`]
      return [room!, `@${n}:test`, 'm.read', n === 7 ? 't' : '', event!, n, n, n + 1]
    }
    await storage.write((tx) => bulkInsert(tx.db, RECEIPTS, rows(5_000, receipt)))
    const asked = { userId: '@7:test', eventIds: ['$9', '$10'], upTo: 4_000 }

    const found = await storage.read.receipts.shown(ROOM, asked)
    const plans = await plansOf(storage, (db) => new ReceiptReader(db).shown(ROOM, asked))

    assert.deepEqual(
      found.map(({ position }) => position),
      [8, 10, 11, 1_010, 1_011, 2_010, 2_011, 3_010, 3_011],
    )
    // In pages.
    const all = await storage.read.receipts.changes(ROOM, 0, 4_990)
    assert.deepEqual(
      all.map(({ position }) => position),
      rows(4_990, (n) => [n + 1]).flat(),
    )
    assert.match(plans, /receipts_by_event/)
    assert.doesNotMatch(plans, /receipts_by_position|SCAN receipts|Seq Scan/)
  })

  test('whose presence changed is read from where one stands, or from the rooms on', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      const members = rows(2_000, (n) => [
        n < 1_000 ? ROOM : '!other:test',
        `@${n}:test`,
        'join',
        n + 1,
        '@a:test',
      ])
      await bulkInsert(tx.db, MEMBERS, members)
      await bulkInsert(
        tx.db,
        PRESENCE,
        rows(3_000, (n) => [`@${n}:test`, 'online', n, 1, n + 1]),
      )
    })
    const { presence } = storage.read

    const plans = await plansOf(storage, (db) => new PresenceReader(db).changedSince(2_990, 3_000, 5))
    const company = await plansOf(storage, (db) =>
      new PresenceReader(db).changedInCompany('@7:test', 990, 2_000),
    )

    assert.deepEqual(
      (await presence.changedSince(2_990, 3_000, 2)).map(({ position }) => position),
      [2_991, 2_992],
    )
    const nine = rows(10, (n) => [`@${990 + n}:test`]).flat()
    assert.deepEqual((await presence.changedInCompany('@7:test', 990, 2_000)).sort(), nine)
    assert.deepEqual(await presence.changedInCompany('@2500:test', 990, 3_000), ['@2500:test'])
    assert.match(plans, /presence_by_position/)
    assert.doesNotMatch(company, /SCAN p\b/)
  })
})
