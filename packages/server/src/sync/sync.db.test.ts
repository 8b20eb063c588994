import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { bodies, ClientRoom, requesterOf, serverState, syncFixture, untilWaiting } from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')

databaseMatrix((open) => {
  test('a first sync tells everything, the next one only what is new', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice, { name: 'Kitchen' })
    await server.join(bob, roomId)
    await server.say(alice, roomId, 'one')

    const first = await server.syncAs(bob)
    const room = first.rooms!.join![roomId]!
    const client = new ClientRoom()
    client.apply(room, true)
    assert.deepEqual(client.state, await serverState(storage, roomId))
    assert.deepEqual(bodies(room), ['one'])
    assert.equal(room.summary!['m.joined_member_count'], 2)
    assert.deepEqual(first.device_one_time_keys_count, { signed_curve25519: 0 })
    assert.deepEqual(first.device_unused_fallback_key_types, [])
    assert.ok(first.account_data!.events.some((event) => event.type === 'm.push_rules'))

    await server.say(alice, roomId, 'two')
    const second = await server.syncAs(bob, { since: first.next_batch })
    assert.deepEqual(bodies(second.rooms!.join![roomId]), ['two'])
    assert.equal(second.rooms!.join![roomId]!.timeline.limited, false)
    assert.deepEqual(second.rooms!.join![roomId]!.state, { events: [] })
    assert.equal(second.account_data, undefined)

    const third = await server.syncAs(bob, { since: second.next_batch })
    assert.equal(third.rooms, undefined)
    assert.equal(third.next_batch, second.next_batch)
  })

  test('a gap is marked, filled with the state that changed in it, and can be paged through', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const client = new ClientRoom()
    const first = await server.syncAs(bob)
    client.apply(first.rooms!.join![roomId]!, true)

    await server.set(alice, roomId, 'm.room.topic', { topic: 'in the gap' })
    for (let i = 0; i < 15; i++) await server.say(alice, roomId, `m${i}`)
    await server.set(alice, roomId, 'm.room.name', { name: 'in the timeline' })

    const second = await server.syncAs(bob, { since: first.next_batch })
    const room = second.rooms!.join![roomId]!
    assert.equal(room.timeline.limited, true)
    assert.equal(room.timeline.events.length, 10)
    assert.deepEqual(
      room.state!.events.map((event) => event.type),
      ['m.room.topic'],
    )
    client.apply(room, false)
    assert.deepEqual(client.state, await serverState(storage, roomId))
  })

  test('with use_state_after the state is that of the end, and there even when empty', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const stateKey = 'org.matrix.msc4222.state_after'
    const first = await server.syncAs(bob, { stateKey: 'state_after' })
    const client = new ClientRoom()
    client.apply(first.rooms!.join![roomId]!, true)
    assert.deepEqual(client.state, await serverState(storage, roomId))

    await server.say(alice, roomId, 'x')
    const second = await server.syncAs(bob, { since: first.next_batch, stateKey })
    const room = second.rooms!.join![roomId] as unknown as Record<string, { events: object[] }>
    assert.deepEqual(room[stateKey], { events: [] })
    assert.equal(room['state'], undefined)

    await server.set(alice, roomId, 'm.room.name', { name: 'N' })
    const third = await server.syncAs(bob, { since: second.next_batch, stateKey: 'state_after' })
    client.apply(third.rooms!.join![roomId]!, false)
    assert.deepEqual(client.state, await serverState(storage, roomId))
  })

  test('a room joined since the token comes whole, however the user got there', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const before = await server.syncAs(bob)
    const roomId = await server.create(alice, { preset: 'private_chat', invite: [bob.userId] })
    await server.say(alice, roomId, 'before')
    const invited = await server.syncAs(bob, { since: before.next_batch })
    const stripped = invited.rooms!.invite![roomId]!.invite_state.events
    const types = stripped.map((event) => event.type)
    assert.ok(types.includes('m.room.create') && types.includes('m.room.join_rules'))
    const invite = stripped.find(({ state_key }) => state_key === bob.userId)
    assert.equal(invite?.content['membership'], 'invite')
    // By this clients sort invites.
    assert.equal(typeof invite.origin_server_ts, 'number')
    assert.match(invite.event_id, /^\$/)
    assert.ok(!types.includes('m.room.power_levels'))
    assert.equal(invited.rooms!.join, undefined)
    assert.equal((await server.syncAs(bob, { since: invited.next_batch })).rooms, undefined)

    await server.join(bob, roomId)
    for (const since of [before.next_batch, invited.next_batch]) {
      const joined = await server.syncAs(bob, { since })
      assert.equal(joined.rooms!.invite, undefined)
      const room = joined.rooms!.join![roomId]!
      const client = new ClientRoom()
      client.apply(room, true)
      assert.deepEqual(client.state, await serverState(storage, roomId))
      assert.deepEqual(bodies(room), ['before'])
      const filter = { room: { timeline: { types: ['m.room.message'] } } }
      const filtered = (await server.syncAs(bob, { since, filter })).rooms!.join![roomId]!
      assert.deepEqual([bodies(filtered), filtered.timeline.limited], [['before'], true])
    }
  })

  test('a left room ends with the leave, and is forgotten when asked', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const first = await server.syncAs(bob)
    await server.say(alice, roomId, 'last words')
    await server.leave(bob, roomId)
    await server.say(alice, roomId, 'behind his back')
    await server.set(alice, roomId, 'm.room.name', { name: 'secret' })

    const left = await server.syncAs(bob, { since: first.next_batch })
    const room = left.rooms!.leave![roomId]!
    assert.equal(left.rooms!.join, undefined)
    assert.deepEqual(bodies(room), ['last words'])
    assert.equal(room.timeline.events.at(-1)!.content['membership'], 'leave')
    assert.equal((await server.syncAs(bob, { since: left.next_batch })).rooms, undefined)

    assert.equal((await server.syncAs(bob)).rooms, undefined)
    const archive = await server.syncAs(bob, { filter: { room: { include_leave: true } } })
    const archived = archive.rooms!.leave![roomId]!
    assert.deepEqual(bodies(archived), ['last words'])
    assert.ok(!JSON.stringify(archived).includes('secret'))
    await server.forget(bob, roomId)
    assert.equal((await server.syncAs(bob, { filter: { room: { include_leave: true } } })).rooms, undefined)
    assert.equal((await server.syncAs(bob, { since: left.next_batch })).rooms, undefined)
    const otherDevice = await server.syncAs(bob, { since: first.next_batch })
    assert.deepEqual(Object.keys(otherDevice.rooms!.leave!), [roomId])
  })

  test('a declined invite ends the room and shows nothing of it', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice, { preset: 'private_chat', invite: [bob.userId] })
    const first = await server.syncAs(bob)
    await server.set(alice, roomId, 'm.room.topic', { topic: 'secret' })
    await server.leave(bob, roomId)
    const declined = await server.syncAs(bob, { since: first.next_batch })
    const room = declined.rooms!.leave![roomId]!
    assert.deepEqual(
      room.timeline.events.map((event) => event.content['membership']),
      ['leave'],
    )
    assert.ok(!JSON.stringify(room).includes('secret'))
  })

  test('a long poll ends when something happens, and with nothing when the time is over', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.join(bob, roomId)
    const first = await server.syncAs(bob)

    const waiting = server.syncAs(bob, { since: first.next_batch, timeoutMs: 30_000 })
    await untilWaiting(server, 1)
    await server.say(alice, roomId, 'wake up')
    const second = await waiting
    assert.deepEqual(bodies(second.rooms!.join![roomId]), ['wake up'])

    const idle = server.syncAs(bob, { since: second.next_batch, timeoutMs: 30_000 })
    await untilWaiting(server, 1)
    server.clock.advance(29_999)
    assert.equal(server.waiters.size, 1)
    server.clock.advance(1)
    const third = await idle
    assert.equal(third.rooms, undefined)
    assert.equal(third.next_batch, second.next_batch)
  })

  test('events of other rooms, and events a filter drops, do not end a long poll', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const other = await server.create(alice)
    await server.join(bob, roomId)
    const filter = { room: { timeline: { types: ['m.room.message'] }, state: { types: [] } } }
    const first = await server.syncAs(bob, { filter })
    const waiting = server.syncAs(bob, { since: first.next_batch, filter, timeoutMs: 30_000 })
    await untilWaiting(server, 1)
    await server.say(alice, other, 'elsewhere')
    await server.send(alice, roomId, { x: 1 }, 'org.example.other')
    await untilWaiting(server, 1)
    await server.say(alice, roomId, 'here')
    const second = await waiting
    assert.deepEqual(Object.keys(second.rooms!.join!), [roomId])
    assert.deepEqual(bodies(second.rooms!.join![roomId]), ['here'])
  })

  test('tokens from before a restart go on where they stood', async () => {
    const options = await open.options()
    const { openStorage } = await import('@ranvier/storage')
    let token: string
    let roomId: RoomId
    {
      await using storage = await openStorage(options)
      const server = await syncFixture(storage)
      roomId = await server.create(alice)
      await server.join(bob, roomId)
      token = (await server.syncAs(bob)).next_batch
      await server.say(alice, roomId, 'missed')
    }
    await using storage = await openStorage(options)
    const server = await syncFixture(storage)
    const answer = await server.syncAs(bob, { since: token })
    assert.deepEqual(bodies(answer.rooms!.join![roomId]), ['missed'])
    server.typing.start(roomId, alice.userId, 5_000)
    const typing = await server.syncAs(bob, { since: token })
    assert.deepEqual(typing.rooms!.join![roomId]!.ephemeral!.events[0]!.content, { user_ids: [alice.userId] })
  })

  test('a knock shows the stripped room until it is answered', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const joinRules = { type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }
    const roomId = await server.create(alice, { name: 'Club', initialState: [joinRules] })
    const before = await server.syncAs(bob)
    await server.change(bob, roomId, bob, 'knock')
    const knocked = await server.syncAs(bob, { since: before.next_batch })
    const events = knocked.rooms!.knock![roomId]!.knock_state.events
    assert.ok(events.some((event) => event.type === 'm.room.name'))
    assert.ok(
      events.some((event) => event.state_key === bob.userId && event.content['membership'] === 'knock'),
    )
    assert.ok(!events.some((event) => event.type === 'm.room.power_levels'))
    assert.ok((await server.syncAs(bob)).rooms!.knock![roomId])

    await server.change(alice, roomId, bob, 'leave')
    const refused = await server.syncAs(bob, { since: knocked.next_batch })
    assert.equal(refused.rooms!.leave![roomId]!.timeline.events.at(-1)!.sender, alice.userId)
  })

  test('full state repeats the state of every joined room and waits for nothing', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const first = await server.syncAs(alice)
    const full = await server.syncAs(alice, { since: first.next_batch, fullState: true, timeoutMs: 30_000 })
    const room = full.rooms!.join![roomId]!
    assert.deepEqual(room.timeline.events, [])
    const client = new ClientRoom()
    client.apply(room, true)
    assert.deepEqual(client.state, await serverState(storage, roomId))
  })

  test('a timeline limit of zero leaves everything to the state', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const filter = { room: { timeline: { limit: 0 } } }
    const first = await server.syncAs(alice, { filter })
    const client = new ClientRoom()
    client.apply(first.rooms!.join![roomId]!, true)
    await server.set(alice, roomId, 'm.room.name', { name: 'N' })
    const second = await server.syncAs(alice, { filter, since: first.next_batch })
    const room = second.rooms!.join![roomId]!
    assert.deepEqual([room.timeline.events, room.timeline.limited], [[], true])
    client.apply(room, false)
    assert.deepEqual(client.state, await serverState(storage, roomId))
  })

  test('a room without a name is summarised by its heroes, and again when they change', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const alone = await server.syncAs(alice)
    assert.deepEqual(alone.rooms!.join![roomId]!.summary, {
      'm.heroes': [],
      'm.joined_member_count': 1,
      'm.invited_member_count': 0,
    })
    await server.join(bob, roomId)
    const two = await server.syncAs(alice, { since: alone.next_batch })
    assert.deepEqual(two.rooms!.join![roomId]!.summary!['m.heroes'], [bob.userId])
    await server.say(bob, roomId, 'x')
    const same = await server.syncAs(alice, { since: two.next_batch })
    assert.equal(same.rooms!.join![roomId]!.summary, undefined)
    await server.leave(bob, roomId)
    const left = await server.syncAs(alice, { since: same.next_batch })
    assert.deepEqual(left.rooms!.join![roomId]!.summary!['m.heroes'], [bob.userId])
    assert.equal(left.rooms!.join![roomId]!.summary!['m.joined_member_count'], 1)
  })

  test('only the device that sent an event sees its transaction id', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    await server.say(alice, roomId, 'x')
    const last = async (who: typeof alice) => {
      const answer = await server.syncAs(who)
      return answer.rooms!.join![roomId]!.timeline.events.at(-1)!.unsigned!['transaction_id']
    }
    assert.ok(await last(alice))
    assert.equal(await last({ ...alice, deviceId: 'other' }), undefined)
  })
})
