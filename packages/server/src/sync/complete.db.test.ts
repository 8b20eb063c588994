/** What the specification says of `/sync` beside its main road. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { crowd, MEMBERS } from '../rooms/crowd-fixture.ts'
import { parseSyncFilter } from './filter.ts'
import { bodies, requesterOf, syncFixture, type TestAnswer } from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')

databaseMatrix((open) => {
  test('filters by type, sender, room and URL; the `not_` lists win', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const other = await server.create(alice)
    for (const room of [roomId, other]) await server.join(bob, room)
    await server.say(alice, roomId, 'alice')
    await server.say(bob, roomId, 'bob')
    await server.say(alice, roomId, 'picture', { url: 'mxc://test/x' })
    await server.send(alice, roomId, { body: 'odd' }, 'org.example.odd')
    const seen = async (timeline: object, room: object = {}) => {
      const { rooms } = await server.syncAs(bob, { filter: { room: { timeline, ...room } } })
      return (rooms?.join?.[roomId]?.timeline.events ?? []).flatMap(({ content }) => content['body'] ?? [])
    }
    assert.deepEqual(await seen({ types: ['m.room.message', 'org.*'] }), ['alice', 'bob', 'picture', 'odd'])
    assert.deepEqual(await seen({ types: ['*'], not_types: ['org.*', 'm.room.m*'] }), [])
    assert.deepEqual(await seen({ senders: [bob.userId] }), ['bob'])
    assert.deepEqual(await seen({ senders: [bob.userId, alice.userId], not_senders: [bob.userId] }), [
      'alice',
      'picture',
      'odd',
    ])
    assert.deepEqual(await seen({ contains_url: true }), ['picture'])
    assert.deepEqual(await seen({ contains_url: false, types: ['m.room.message'] }), ['alice', 'bob'])
    assert.deepEqual(await seen({ types: [] }), [])
    assert.deepEqual(await seen({ not_rooms: [roomId] }), [])
    assert.deepEqual(await seen({ rooms: [other] }), [])
    const joined = async (room: object) =>
      Object.keys((await server.syncAs(bob, { filter: { room } })).rooms?.join ?? {})
    assert.deepEqual(await joined({ rooms: [roomId] }), [roomId])
    assert.deepEqual(await joined({ rooms: [roomId, other], not_rooms: [roomId] }), [other])
    assert.deepEqual(await joined({ rooms: [] }), [])
  })

  test('members that speak come once with lazy loading, and always when redundant ones are asked for', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice, { name: 'N' })
    await server.join(bob, roomId)
    const members = async (redundant: boolean, since?: string) => {
      const state = { lazy_load_members: true, include_redundant_members: redundant }
      const answer = await server.syncAs(bob, {
        filter: { room: { state, timeline: { limit: 1 } } },
        ...(since !== undefined && { since }),
      })
      const { events } = answer.rooms!.join![roomId]!.state!
      const keys = events.flatMap((event) => (event.type === 'm.room.member' ? [event.state_key!] : []))
      return { next: answer.next_batch, keys: keys.sort() }
    }
    await server.say(alice, roomId, 'one')
    const first = await members(false)
    assert.deepEqual(first.keys, [alice.userId, bob.userId])
    await server.say(alice, roomId, 'two')
    assert.deepEqual((await members(false, first.next)).keys, [])
    assert.deepEqual((await members(true, first.next)).keys, [alice.userId])
  })

  test('left rooms come with a first sync only when asked for, with the data kept for them', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const before = (await server.syncAs(bob)).next_batch
    await storage.write((tx) => tx.accountData.set(bob.userId, roomId, 'org.example.note', '{"n":1}'))
    await server.say(alice, roomId, 'bye')
    await server.leave(bob, roomId)
    await server.say(alice, roomId, 'unheard')
    assert.equal((await server.syncAs(bob)).rooms, undefined)
    const { leave } = (await server.syncAs(bob, { filter: { room: { include_leave: true } } })).rooms!
    const archived = leave![roomId]!
    assert.deepEqual(bodies(archived), ['bye'])
    assert.equal(archived.account_data!.events[0]!.type, 'org.example.note')
    const since = (await server.syncAs(bob, { since: before })).rooms!.leave![roomId]!
    assert.equal(since.account_data!.events[0]!.type, 'org.example.note')
    await server.forget(bob, roomId)
    const filter = { room: { include_leave: true } }
    assert.equal((await server.syncAs(bob, { filter })).rooms, undefined)
  })

  test('who was banned hears of it, once, with the reason; an invite of an ignored user is not shown', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const { next_batch: since } = await server.syncAs(bob)
    await server.change(alice, roomId, bob, 'ban')
    const banned = await server.syncAs(bob, { since })
    assert.equal(banned.rooms!.leave![roomId]!.timeline.events.at(-1)!.content['membership'], 'ban')
    assert.equal((await server.syncAs(bob, { since: banned.next_batch })).rooms, undefined)

    const ignored = JSON.stringify({ ignored_users: { [alice.userId]: {} } })
    await storage.write((tx) => tx.accountData.set(bob.userId, null, 'm.ignored_user_list', ignored))
    await server.create(alice, { preset: 'private_chat', invite: [bob.userId] })
    assert.equal((await server.syncAs(bob)).rooms, undefined)
    assert.equal((await server.syncAs(bob, { since: banned.next_batch })).rooms, undefined)
  })

  test('a room that loses its name is called by its heroes from then on', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice, { name: 'Kitchen' })
    await server.join(bob, roomId)
    const first = await server.syncAs(alice)
    assert.equal(first.rooms!.join![roomId]!.summary!['m.heroes'], undefined)
    await server.set(alice, roomId, 'm.room.name', { name: '' })
    const second = await server.syncAs(alice, { since: first.next_batch })
    assert.deepEqual(second.rooms!.join![roomId]!.summary!['m.heroes'], [bob.userId])
  })

  test('data that was deleted is told as empty to who knew it, and not at all to others', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const set = (room: RoomId | null, content: string) =>
      storage.write((tx) => tx.accountData.set(alice.userId, room, 'org.example.x', content))
    for (const room of [null, roomId]) await set(room, '{"a":1}')
    const { next_batch: since } = await server.syncAs(alice)
    for (const room of [null, roomId]) await set(room, '{}')
    const told = await server.syncAs(alice, { since })
    assert.deepEqual(told.account_data!.events, [{ content: {}, type: 'org.example.x' }])
    const ofRoom = told.rooms!.join![roomId]!.account_data!.events
    assert.deepEqual(ofRoom, [{ content: {}, type: 'org.example.x' }])
    const anew = await server.syncAs(alice)
    assert.ok(!JSON.stringify(anew).includes('org.example.x'))
  })

  test('the whole state of a large room is told in pieces, as of the beginning of the timeline', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await crowd(storage, roomId)
    const request = { fullState: false, stateKey: 'state', timeoutMs: 0, setPresence: 'offline' } as const
    const sync = () =>
      server.sync(alice, {
        ...request,
        since: undefined,
        filter: parseSyncFilter({ room: { timeline: { limit: 3 } } }),
        caller: new AbortController(),
      })
    await server.set(alice, roomId, 'm.room.topic', { topic: 'Crowds' })

    const pieces = await sync()
    await server.set(alice, roomId, 'm.room.topic', { topic: 'None' })
    const small = await server.syncAs(alice, { filter: { room: { state: { types: ['m.room.topic'] } } } })

    assert.ok(Array.isArray(pieces) && pieces.length > 3, 'more than one text')
    assert.ok(pieces.every((piece) => piece.length < 200_000))
    const { state, timeline } = (JSON.parse(pieces.join('')) as TestAnswer).rooms!.join![roomId]!
    const keys = state!.events.flatMap(({ type, state_key }) => (type === 'm.room.member' ? [state_key] : []))
    const shown = timeline.events.map(({ type, state_key }) => (type === 'm.room.member' ? state_key : type))
    assert.deepEqual(shown, [`@m${MEMBERS - 2}:test`, `@m${MEMBERS - 1}:test`, 'm.room.topic'])
    const others = Array.from({ length: MEMBERS - 2 }, (_, n) => `@m${n}:test`)
    assert.deepEqual(keys, [alice.userId, ...others])
    assert.deepEqual(small.rooms!.join![roomId]!.state!.events, [])
  })
})
