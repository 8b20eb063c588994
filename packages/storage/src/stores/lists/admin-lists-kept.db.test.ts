import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import fc from 'fast-check'
import type { NewEvent, RoomCommit } from '../../commit/types.ts'
import type { Storage } from '../../open.ts'
import { joinedDevices } from '../rooms/joined-devices.ts'
import { PUBLIC_LIST, TEXT_LISTS } from './texts.ts'

const LISTS = [...TEXT_LISTS, PUBLIC_LIST]
const USERS = ['@ann:t', '@Bob:t', '@käthe:t'] as UserId[]
const NAMES = [null, 'General', 'general chat 100%', 'ÄRGER', 'x']
const HOSTS = ['a.example', 'B.example:8448', 'c.example']

const user = fc.nat({ max: USERS.length - 1 })
const room = fc.nat({ max: 5 })
const name = fc.constantFrom(...NAMES)
const operation = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    room,
    name,
    published: fc.boolean(),
    joined: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('name' as const),
    room,
    name,
    alias: fc.constantFrom(null, '#main:t', '#Ä:t:1'),
    topic: fc.constantFrom(undefined, null, 'Of Ärger'),
  }),
  fc.record({ kind: fc.constant('member' as const), room, user, joins: fc.boolean() }),
  fc.record({ kind: fc.constant('log in' as const), user, device: fc.constantFrom('A', 'B') }),
  fc.record({ kind: fc.constant('log out' as const), user, devices: fc.constantFrom(['A'], ['A', 'B']) }),
  fc.record({ kind: fc.constant('count devices' as const), rooms: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('publish' as const), room, published: fc.boolean() }),
  fc.record({ kind: fc.constant('list' as const), room, listed: fc.boolean() }),
  fc.record({ kind: fc.constant('delete room' as const), room }),
  fc.record({ kind: fc.constant('recount' as const) }),
  fc.record({ kind: fc.constant('upload' as const), user, bytes: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('delete media' as const), nth: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('rename user' as const), user, name }),
  fc.record({ kind: fc.constant('report event' as const), user, room, sender: user }),
  fc.record({ kind: fc.constant('report user' as const), user, target: user }),
  fc.record({ kind: fc.constant('delete report' as const), nth: fc.nat({ max: 9 }), ofUser: fc.boolean() }),
  fc.record({ kind: fc.constant('destination' as const), host: fc.constantFrom(...HOSTS) }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

let unique = 0
const roomId = (n: number) => `!room${n}:t` as RoomId

function event(room: RoomId, member?: NewEvent['member']): NewEvent {
  const eventId = `$${unique++}` as EventId
  const pdu = {
    type: member === undefined ? 'm.room.message' : 'm.room.member',
    sender: USERS[0]!,
    room_id: room,
    content: {},
    origin_server_ts: 1,
    depth: 1,
    prev_events: [],
    auth_events: [],
  }
  const made: RoomEvent = {
    eventId,
    roomId: room,
    type: pdu.type,
    sender: pdu.sender,
    stateKey: member?.userId,
    content: {},
    originServerTs: 1,
    depth: 1,
    prevEvents: [],
    authEvents: [],
    pdu,
  }
  return { event: made, pdu: JSON.stringify(pdu), receivedTs: 1, ...(member !== undefined && { member }) }
}

async function commit(storage: Storage, room: RoomId, more: Partial<RoomCommit>): Promise<void> {
  const row = await storage.read.rooms.findRoom(room)
  if ((row === undefined) !== (more.create !== undefined)) return
  const events = more.events ?? [event(room)]
  const extremities = [events.at(-1)!.event.eventId]
  await storage.commitRoom({
    roomId: room,
    extremities,
    depth: 1,
    snapshot: row?.snapshot ?? 0,
    ...more,
    events,
  })
}

const joining = (userId: UserId, from: 'join' | 'leave' | undefined, to: 'join' | 'leave') => ({
  userId,
  from,
  to,
  displayName: null,
  avatarUrl: null,
})

async function nthOf(storage: Storage, table: string, key: string, nth: number): Promise<string | number> {
  const sql = `SELECT ${key} AS k FROM ${table} ORDER BY ${key} LIMIT 1 OFFSET ?`
  return (await storage.write((tx) => tx.db.get<{ k: string | number }>(sql, nth)))?.k ?? 0
}

async function run(storage: Storage, op: Operation): Promise<void> {
  switch (op.kind) {
    case 'create': {
      const id = roomId(op.room)
      const member = op.joined ? joining(USERS[0]!, undefined, 'join') : undefined
      const create = { version: '11', creator: USERS[0]!, createdTs: 1, published: op.published }
      const summary = op.name === null ? {} : { summary: { name: op.name } }
      return commit(storage, id, { create, events: [event(id, member)], ...summary })
    }
    case 'name':
      return commit(storage, roomId(op.room), {
        summary: op.topic === undefined ? { name: op.name, canonicalAlias: op.alias } : { topic: op.topic },
      })
    case 'member': {
      const id = roomId(op.room)
      const userId = USERS[op.user]!
      const known = await storage.read.members.find(id, userId)
      const from = known?.membership as 'join' | 'leave' | undefined
      const member = joining(userId, from, op.joins ? 'join' : 'leave')
      return commit(storage, id, { events: [event(id, member)] })
    }
    case 'publish':
      return storage.write((tx) => tx.rooms.setPublished(roomId(op.room), op.published))
    case 'list':
      return storage.write((tx) =>
        tx.rooms.setListed(roomId(op.room), { appserviceId: 'a', networkId: 'n' }, op.listed),
      )
    case 'log in':
      return void (await storage.write((tx) => tx.devices.ensure(USERS[op.user]!, op.device, null, 1)))
    case 'log out':
      return void (await storage.write((tx) => tx.devices.delete(USERS[op.user]!, op.devices)))
    case 'count devices':
      return void (await storage.write((tx) => tx.joinedDevices.count('', op.rooms)))
    case 'delete room':
      return storage.write(async (tx) => {
        await tx.roomDeletion.deleteRoom(roomId(op.room))
        await tx.roomDeletion.deleteRows(roomId(op.room), 1_000)
      })
    case 'recount':
      return void (await storage.write((tx) => tx.rebuild.recountRooms('', 100)))
    case 'upload':
      return storage.write((tx) =>
        tx.media.add({
          mediaId: `m${unique++}`,
          userId: USERS[op.user]!,
          mediaType: 'a/b',
          mediaLength: op.bytes,
          uploadName: null,
          createdTs: 1,
          lastAccessTs: null,
          quarantinedBy: null,
          safeFromQuarantine: false,
          authenticated: true,
          sha256: 'h',
          urlCache: null,
        }),
      )
    case 'delete media': {
      const id = await nthOf(storage, 'local_media', 'media_id', op.nth)
      return void (await storage.write((tx) => tx.media.delete([String(id)])))
    }
    case 'rename user':
      return void (await storage.write((tx) => tx.accounts.update(USERS[op.user]!, { displayname: op.name })))
    case 'report event': {
      const report = { roomId: roomId(op.room), userId: USERS[op.user]!, sender: USERS[op.sender]! }
      const rest = { eventId: '$e' as EventId, receivedTs: 1, reason: null, score: null }
      return void (await storage.write((tx) => tx.reports.addEventReport({ ...report, ...rest })))
    }
    case 'report user': {
      const report = { userId: USERS[op.user]!, targetUserId: USERS[op.target]!, receivedTs: 1, reason: '' }
      return storage.write((tx) => tx.reports.addUserReport(report))
    }
    case 'delete report': {
      const id = Number(await nthOf(storage, op.ofUser ? 'user_reports' : 'event_reports', 'id', op.nth))
      return void (await storage.write((tx) =>
        op.ofUser ? tx.reports.deleteUserReport(id) : tx.reports.deleteEventReport(id),
      ))
    }
    case 'destination':
      return storage.write((tx) =>
        tx.destinations.put({
          destination: op.host,
          retryLastTs: 0,
          retryIntervalMs: 0,
          failureTs: null,
          lastSuccessfulPosition: unique++,
        }),
      )
  }
}

/** All that is kept about lists, in one order. */
async function kept(storage: Storage): Promise<string[]> {
  const queries = {
    totals: 'SELECT list, kind, entries FROM list_totals WHERE entries <> 0',
    grams: 'SELECT list, gram, kind, entries FROM list_grams WHERE entries <> 0',
    sums: 'SELECT user_id, displayname, files, bytes FROM user_media_totals',
    sorts: 'SELECT room_id, sort FROM rooms',
    reported: 'SELECT key, kind, text, entries FROM report_texts',
    ...Object.fromEntries(LISTS.map((list) => [list, `SELECT key, kind, text FROM ${list}_texts`])),
  }
  return storage.write(async (tx) => {
    const lines: string[] = []
    for (const [what, sql] of Object.entries(queries))
      for (const row of await tx.db.all(sql)) lines.push(`${what} ${JSON.stringify(row)}`)
    if (tx.db.dialect === 'sqlite')
      // Throws when the index has other words than the texts.
      for (const list of LISTS)
        await tx.db.run(
          `INSERT INTO ${list}_texts_search (${list}_texts_search, rank) VALUES ('integrity-check', 1)`,
        )
    return lines.sort()
  })
}

/** Devices of the joined, room by room, as they are said to be and as counting them gives. */
function devicesInRooms(storage: Storage): Promise<{ said: number[]; counted: number[] }> {
  return storage.write(async (tx) => {
    const rooms = await tx.db.all<{ room_id: string; n: number }>(
      `SELECT room_id, (SELECT COUNT(*) FROM room_members m JOIN devices d ON d.user_id = m.user_id
         WHERE m.room_id = rooms.room_id AND m.membership = 'join') AS n FROM rooms`,
    )
    const said: number[] = []
    for (const { room_id } of rooms) said.push(await joinedDevices(tx.db, room_id))
    return { said, counted: rooms.map(({ n }) => n) }
  })
}

databaseMatrix((open) => {
  test('whatever comes, changes and goes, what is kept about lists is what counting them gives', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      for (const userId of USERS) await tx.accounts.create({ userId, createdTs: 1 })
    })

    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 60 }), async (operations) => {
        for (const op of operations) await run(storage, op)
        const { said, counted } = await devicesInRooms(storage)
        assert.deepEqual(said, counted)
        const before = await kept(storage)
        await storage.write((tx) => tx.rebuild.adminLists())
        assert.deepEqual(before, await kept(storage))
      }),
      { numRuns: 25 },
    )
  })

  test('an upload, a report or a join that fails leaves what is kept as it was', async () => {
    await using storage = await open()
    const before = await kept(storage)

    await assert.rejects(
      storage.write(async (tx) => {
        await tx.accounts.create({ userId: USERS[0]!, createdTs: 1 })
        await tx.reports.addUserReport({
          userId: USERS[0]!,
          targetUserId: USERS[1]!,
          receivedTs: 1,
          reason: '',
        })
        throw new Error('on purpose')
      }),
    )

    assert.deepEqual(await kept(storage), before)
  })
})
