import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { generateSigningKey } from '@ranvier/protocol/event/signing-key'
import type { EventId, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { supportedRoomVersions } from '@ranvier/protocol/room-version/versions'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { manualClock } from '../clock.ts'
import { MatrixError } from '../errors.ts'
import { jobRunner } from '../jobs/runner.ts'
import type { Requester } from '../requester.ts'
import { ClientTxns } from './client-txns.ts'
import { createRoom, type NewRoom } from './create-room.ts'
import { changeMembership } from './membership.ts'
import { propagateProfile, spreadProfileJob } from './profile.ts'
import { renderEvents } from './reads/render.ts'
import { RoomEvents } from './room-events.ts'
import { RoomWriters } from './room-writers.ts'
import { redactEvent, sendEvent, sendState } from './send-event.ts'

const NOW = 1_700_000_000_000

function requester(name: string, overrides: Partial<Requester> = {}): Requester {
  return {
    userId: `@${name}:test` as UserId,
    deviceId: `${name}-device`,
    tokenId: 1,
    isGuest: false,
    shadowBanned: false,
    suspended: false,
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
    ...overrides,
  }
}

/** The domain's verbs on a storage, as the server wires them. */
function roomsOn(storage: Storage) {
  const roomEvents = new RoomEvents(storage, { bytes: 1_000_000, rooms: 100 })
  const opaqueId = () => randomBytes(12).toString('base64url')
  const identity = { serverName: 'test' as ServerName, key: generateSigningKey() }
  const nowMs = () => NOW
  const writers = new RoomWriters(storage, { identity, roomEvents, nowMs, opaqueId }, { rooms: 100 })
  const names = new Map<string, string>()
  const findProfile = async (userId: UserId) => ({ displayName: names.get(userId) ?? null, avatarUrl: null })
  const isLocal = (userId: string) => userId.endsWith(':test')
  const membership = changeMembership({ writers, storage, findProfile, isLocal })
  const create = createRoom({
    storage,
    writers,
    findProfile,
    isLocal,
    defaultVersion: '12',
    newRoomId: () => `!${opaqueId()}:test` as RoomId,
  })
  const propagate = propagateProfile({ storage, writers, findProfile, nowMs })
  const send = {
    storage,
    writers,
    roomEvents,
    txns: new ClientTxns(storage),
    limits: { message: async () => {} },
    changeMembership: membership,
    nowMs,
    checkCanonicalAlias: async () => {},
  }
  return {
    roomEvents,
    writers,
    create: (by: Requester, room: Partial<NewRoom> = {}) =>
      create(by, {
        published: false,
        preset: 'public_chat',
        invite: [],
        isDirect: false,
        creationContent: {},
        initialState: [],
        ...room,
      }),
    membership,
    join: (by: Requester, roomId: RoomId) =>
      membership(by, roomId, { target: by.userId, membership: 'join' }),
    say: (by: Requester, roomId: RoomId, body: string, txnId = body) =>
      sendEvent(send)(by, roomId, { type: 'm.room.message', content: { msgtype: 'm.text', body }, txnId }),
    set: sendState(send),
    redact: redactEvent(send),
    /** As a change of the profile; what is to be done after it. */
    rename: (userId: UserId, name: string) => {
      names.set(userId, name)
      return storage.write((tx) => propagate(tx, userId))
    },
    spreadProfileJob: spreadProfileJob({ storage, writers, findProfile }),
  }
}

const refused = (status: number, errcode: string) => (error: unknown) =>
  error instanceof MatrixError && error.status === status && error.errcode === errcode
const alice = requester('alice')
const bob = requester('bob')

databaseMatrix((open) => {
  test('a room of every version is made, joined, talked in and redacted in', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    for (const version of supportedRoomVersions()) {
      const roomId = await rooms.create(alice, { version, name: 'Name', topic: 'Topic' })
      await rooms.join(bob, roomId)
      const said = await rooms.say(bob, roomId, 'hello')
      await rooms.redact(alice, roomId, { eventId: said, content: { reason: 'x' }, txnId: 'r' })

      const row = await storage.read.rooms.findRoom(roomId)
      assert.equal(row?.version, version)
      assert.equal(row?.name, 'Name')
      assert.equal(row?.joinedCount, 2)
      const pruned = await rooms.roomEvents.find(said)
      assert.deepEqual(pruned?.event.content, {}, `version ${version}`)
    }
  })

  test('events of one room follow each other without forks however many are sent at once', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)

    const ids = await Promise.all(Array.from({ length: 200 }, (_, i) => rooms.say(alice, roomId, `n${i}`)))

    const timeline = await storage.read.rooms.timeline(roomId, { limit: 1_000, dir: 'f' })
    const said = timeline.filter((row) => row.type === 'm.room.message').map((row) => row.eventId)
    // Requests at one moment have no order among them; each has its place in the room's.
    assert.equal(said.length, 200)
    assert.deepEqual(new Set(said), new Set(ids))
    for (const [i, row] of timeline.entries()) {
      const before = timeline[i - 1]
      assert.equal(row.depth, i + 1)
      assert.deepEqual(JSON.parse(row.pdu).prev_events, before === undefined ? [] : [before.eventId])
    }
  })

  test('a transaction id happens once, also when repeated at the same moment and by another server process later', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)

    const [first, second] = await Promise.all([
      rooms.say(alice, roomId, 'once', 'txn'),
      rooms.say(alice, roomId, 'once', 'txn'),
    ])
    const later = await roomsOn(storage).say(alice, roomId, 'another text', 'txn')
    const otherDevice = await rooms.say(requester('alice', { deviceId: 'phone' }), roomId, 'once', 'txn')

    assert.equal(second, first)
    assert.equal(later, first)
    assert.notEqual(otherDevice, first)
  })

  test('who is refused adds nothing, and those beside them in the queue are served', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)
    const before = (await storage.read.rooms.findRoom(roomId))?.eventCount ?? 0

    const results = await Promise.allSettled([
      rooms.say(alice, roomId, 'one'),
      rooms.say(bob, roomId, 'not a member'),
      rooms.say(alice, roomId, 'two'),
    ])

    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal((await storage.read.rooms.findRoom(roomId))?.eventCount, before + 2)
    await assert.rejects(rooms.say(alice, '!nowhere:test' as RoomId, 'x'), refused(403, 'M_FORBIDDEN'))
    await assert.rejects(rooms.join(alice, '!nowhere:test' as RoomId), refused(404, 'M_NOT_FOUND'))
  })

  test('what cannot be stored is refused to its sender alone', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)
    const bad = { type: 'x.test', stateKey: 'a\0b', content: {} }

    const results = await Promise.allSettled([
      rooms.say(alice, roomId, 'one'),
      rooms.set(alice, roomId, bad),
      rooms.say(alice, roomId, 'two'),
    ])

    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    await rooms.say(alice, roomId, 'three')
    const timeline = await storage.read.rooms.timeline(roomId, { limit: 3, dir: 'b' })
    assert.deepEqual(
      timeline.map((row) => row.type),
      ['m.room.message', 'm.room.message', 'm.room.message'],
    )
    assert.ok(timeline.every((row, i) => row.depth === timeline[0]!.depth - i))
  })

  test('the current state, its changes and the snapshots agree after many changes', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)
    for (let i = 0; i < 150; i++)
      await rooms.set(alice, roomId, { type: 'x.test', stateKey: `k${i % 70}`, content: { i } })

    const row = await storage.read.rooms.findRoom(roomId)
    const sorted = (entries: { type: string; stateKey: string; nid: number }[]) =>
      entries.map((entry) => `${entry.type}|${entry.stateKey}|${entry.nid}`).sort()
    const current = sorted(await storage.read.roomState.currentEntries(roomId))
    assert.deepEqual(sorted(await storage.read.roomState.stateAt(roomId, row!.lastPosition)), current)
    assert.deepEqual(sorted(await storage.read.snapshots.entries(row!.snapshot)), current)
    for (const event of await storage.read.rooms.timeline(roomId, { limit: 1_000, dir: 'f' })) {
      const before = sorted(await storage.read.roomState.stateAt(roomId, event.position! - 1))
      assert.deepEqual(sorted(await storage.read.snapshots.entries(event.snapshot)), before)
    }
  })

  test('setting what is set already answers with the present event', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)

    const first = await rooms.set(alice, roomId, {
      type: 'm.room.name',
      stateKey: '',
      content: { name: 'A' },
    })
    const again = await rooms.set(alice, roomId, {
      type: 'm.room.name',
      stateKey: '',
      content: { name: 'A' },
    })

    assert.equal(again, first)
  })

  test('a redacted name disappears from the state and from the room lists', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice, { name: 'Secret' })
    const name = await storage.read.roomState.entry(roomId, 'm.room.name', '')

    await rooms.redact(alice, roomId, { eventId: name!.eventId, content: {}, txnId: 'r' })

    assert.equal((await storage.read.rooms.findRoom(roomId))?.name, null)
    const value = await rooms.writers.write(roomId, (room) => room.state('m.room.name', ''))
    assert.deepEqual(value?.content, {})
  })

  test('a new name of a user reaches every room they are in, and no other', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const joined = await rooms.create(alice)
    const other = await rooms.create(bob)

    await (await rooms.rename(alice.userId, 'Alice Liddell'))()

    assert.equal((await storage.read.members.find(joined, alice.userId))?.displayName, 'Alice Liddell')
    assert.equal(await storage.read.members.find(other, alice.userId), undefined)
  })

  test('of many rooms the first hear of a new name at once, the others from a job that knows the newest', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    for (let i = 0; i < 75; i++) await rooms.create(alice)
    const clock = manualClock(NOW)
    await using runner = jobRunner({
      storage,
      clock,
      kinds: [rooms.spreadProfileJob],
      onError: (error) => assert.fail(String(error)),
    })
    const named = async (name: string) => {
      const joined = await storage.read.members.roomsOf(alice.userId, ['join'])
      const members = joined.map(({ roomId }) => storage.read.members.find(roomId, alice.userId))
      return (await Promise.all(members)).filter((member) => member?.displayName === name).length
    }

    await (await rooms.rename(alice.userId, 'Alice Liddell'))()
    const atOnce = await named('Alice Liddell')
    await (await rooms.rename(alice.userId, 'Mary Ann'))()
    await runner.runUntilIdle()
    const afterJobs = await named('Mary Ann')
    // As if killed before any room has heard.
    await rooms.rename(alice.userId, 'Alice')
    await runner.runUntilIdle()
    const killed = await named('Alice')
    clock.advance(60_000)
    await runner.runUntilIdle()

    assert.deepEqual([atOnce, afterJobs, killed, await named('Alice')], [50, 75, 0, 75])
    const jobs = await storage.read.jobs.list({ name: 'spread-profile' }, 10)
    assert.deepEqual(
      jobs.map(({ status, subject }) => [status, subject]),
      Array.from({ length: 5 }, () => ['complete', alice.userId]),
    )
    // Nobody is told twice: the second job found nothing new to say.
    const { rows } = (await storage.write((tx) =>
      tx.db.get<{ rows: number }>("SELECT COUNT(*) AS rows FROM events WHERE pdu LIKE '%Mary Ann%'"),
    ))!
    assert.equal(Number(rows), 75)
  })

  test('invite-only rooms open by invitation, banned users stay out, kicked users may be invited again', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice, { preset: 'private_chat' })
    await assert.rejects(rooms.join(bob, roomId), refused(403, 'M_FORBIDDEN'))

    await rooms.membership(alice, roomId, { target: bob.userId, membership: 'invite' })
    await rooms.join(bob, roomId)
    await rooms.membership(alice, roomId, { target: bob.userId, membership: 'leave', reason: 'out' })
    await rooms.membership(alice, roomId, { target: bob.userId, membership: 'ban' })
    await assert.rejects(
      rooms.membership(alice, roomId, { target: bob.userId, membership: 'invite' }),
      refused(403, 'M_FORBIDDEN'),
    )
    await rooms.membership(alice, roomId, { target: bob.userId, membership: 'leave', from: ['ban'] })

    assert.equal((await storage.read.members.find(roomId, bob.userId))?.membership, 'leave')
    assert.equal((await storage.read.rooms.findRoom(roomId))?.joinedCount, 1)
  })

  test('members of an allowed room may join a restricted one, others may not', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const space = await rooms.create(alice)
    const roomId = await rooms.create(alice, {
      preset: 'private_chat',
      initialState: [
        {
          type: 'm.room.join_rules',
          stateKey: '',
          content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
        },
      ],
    })
    await assert.rejects(rooms.join(bob, roomId), refused(403, 'M_FORBIDDEN'))

    await rooms.join(bob, space)
    await rooms.join(bob, roomId)

    const member = await storage.read.roomState.entry(roomId, 'm.room.member', bob.userId)
    assert.equal(JSON.parse(member!.pdu).content.join_authorised_via_users_server, alice.userId)
  })

  test('an alias is taken with its room, and a taken one leaves no half room behind', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice, { alias: '#here:test' })
    const before = await storage.positions()

    await assert.rejects(rooms.create(bob, { alias: '#here:test' }), refused(400, 'M_ROOM_IN_USE'))

    assert.deepEqual(await storage.read.rooms.findAlias('#here:test'), { roomId, creator: alice.userId })
    assert.equal((await storage.positions()).events, before.events)
  })

  test('what contradicts itself is refused as a room state, a suspended user as suspended', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const unable = { type: 'm.room.power_levels', stateKey: '', content: { users: { [alice.userId]: 0 } } }
    await assert.rejects(
      rooms.create(alice, { version: '11', initialState: [unable], name: 'x' }),
      refused(400, 'M_INVALID_ROOM_STATE'),
    )
    await assert.rejects(rooms.create(alice, { version: '99' }), refused(400, 'M_UNSUPPORTED_ROOM_VERSION'))
    await assert.rejects(
      rooms.create(requester('eve', { suspended: true })),
      refused(403, 'M_USER_SUSPENDED'),
    )
  })

  test('only the device that sent an event is told its transaction id', async () => {
    await using storage = await open()
    const rooms = roomsOn(storage)
    const roomId = await rooms.create(alice)
    const eventId = await rooms.say(alice, roomId, 'hi', 'my-txn')
    const loaded = await rooms.roomEvents.find(eventId as EventId)
    const texts = async (deviceId: string) =>
      (
        await renderEvents(rooms.roomEvents, [loaded!], { userId: alice.userId, deviceId, nowMs: NOW + 5 })
      ).map((text) => JSON.parse(text))

    assert.deepEqual((await texts('alice-device'))[0].unsigned, { age: 5, transaction_id: 'my-txn' })
    assert.deepEqual((await texts('phone'))[0].unsigned, { age: 5 })
  })
})
