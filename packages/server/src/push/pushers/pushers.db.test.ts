import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, type SyncFixture } from '../../sync/fixture.ts'
import { pushFixture, readAll, type TestNotification, testGateway, wishFor } from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const carol = requesterOf('carol')

async function roomOf(server: SyncFixture, ...others: (typeof alice)[]): Promise<RoomId> {
  const roomId = await server.create(alice)
  for (const other of others) await server.join(other, roomId)
  return roomId
}

const bodyOf = (notification: TestNotification): string => notification.content.body

databaseMatrix((open) => {
  test('a message is told with everything about it that the specification lists', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    server.names.set(alice.userId, 'Alice')
    const roomId = await roomOf(server, bob, carol)
    await server.set(alice, roomId, 'm.room.name', { name: 'Mission Control' })
    await server.set(alice, roomId, 'm.room.canonical_alias', { alias: '#mission:test' })
    const data = { url: gateway.url, brand: 'own', nested: { a: 1 } }
    await server.pushers.set(bob, wishFor(gateway, { data }))

    const mention = { 'm.mentions': { user_ids: [bob.userId] } }
    const eventId = await server.say(alice, roomId, 'hello', mention)

    assert.deepEqual(await gateway.next(), {
      path: 'POST /_matrix/push/v1/notify',
      event_id: eventId,
      room_id: roomId,
      type: 'm.room.message',
      sender: alice.userId,
      sender_display_name: 'Alice',
      room_name: 'Mission Control',
      room_alias: '#mission:test',
      prio: 'high',
      content: { msgtype: 'm.text', body: 'hello', ...mention },
      counts: { unread: 1 },
      devices: [
        {
          app_id: 'com.example.app',
          pushkey: 'key',
          pushkey_ts: Math.floor(server.clock.nowMs() / 1000),
          data: { brand: 'own', nested: { a: 1 } },
          tweaks: { sound: 'default', highlight: true },
        },
      ],
    })
  })

  test('with the format event_id_only nothing of an event is told but its ids', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    const data = { url: gateway.url, format: 'event_id_only' }
    await server.pushers.set(bob, wishFor(gateway, { data }))

    const eventId = await server.say(alice, roomId, 'secret')

    const { devices, ...rest } = await gateway.next()
    assert.deepEqual(rest, {
      path: 'POST /_matrix/push/v1/notify',
      event_id: eventId,
      room_id: roomId,
      prio: 'low',
      counts: { unread: 1 },
    })
    assert.deepEqual(devices[0].data, { format: 'event_id_only' })
  })

  test('notifications come in the order of the events, and only of those that notify', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const [one, two] = [await roomOf(server, bob, carol), await roomOf(server, bob, carol)]
    const elsewhere = await roomOf(server, carol)
    await server.say(alice, one, 'before the pusher')
    await server.pushers.set(bob, wishFor(gateway))

    for (let i = 0; i < 10; i++) {
      await server.say(alice, i % 2 === 0 ? one : two, `m${i}`)
      await server.say(alice, elsewhere, 'not his room')
      await server.send(alice, one, { msgtype: 'm.notice', body: 'a notice' })
      await server.set(alice, two, 'm.room.topic', { topic: `t${i}` })
    }

    const bodies: string[] = []
    while (bodies.length < 10) {
      const notification = await gateway.next()
      bodies.push(bodyOf(notification))
    }
    assert.deepEqual(
      bodies,
      Array.from({ length: 10 }, (_, i) => `m${i}`),
    )
    await server.say(carol, one, 'last')
    assert.equal(bodyOf(await gateway.next()), 'last')
  })

  test('an invite is told to whom it is for, and joining makes messages heard', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    await server.pushers.set(bob, wishFor(gateway))
    const roomId = await roomOf(server, carol)
    await server.say(alice, roomId, 'not heard')

    await server.change(alice, roomId, bob, 'invite')
    const invite = await gateway.next()
    assert.deepEqual(
      [invite.type, invite.user_is_target, invite.content.membership, invite.counts, invite.prio],
      ['m.room.member', true, 'invite', { unread: 1 }, 'high'],
    )
    await server.say(alice, roomId, 'not heard either')
    await server.join(bob, roomId)
    await server.say(alice, roomId, 'heard')
    assert.equal(bodyOf(await gateway.next()), 'heard')
    await server.leave(bob, roomId)
    await server.say(alice, roomId, 'gone')
    await server.join(bob, roomId)
    await server.say(alice, roomId, 'back')
    assert.equal(bodyOf(await gateway.next()), 'back')
  })

  test('the unread count covers all rooms, and a read receipt brings it down', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const [one, two] = [await roomOf(server, bob, carol), await roomOf(server, bob, carol)]
    await server.pushers.set(bob, wishFor(gateway))
    const counts: number[] = []
    for (const roomId of [one, two, two]) {
      await server.say(alice, roomId, 'x')
      counts.push((await gateway.next()).counts.unread)
    }
    assert.deepEqual(counts, [1, 2, 3])

    await readAll(server, bob, two)
    const { path, devices, ...badge } = await gateway.next()
    assert.deepEqual(badge, { prio: 'low', counts: { unread: 1 } })
    assert.equal(devices[0].pushkey, 'key')
    assert.equal('tweaks' in devices[0], false)
    await server.say(bob, one, 'answering is reading')
    assert.deepEqual((await gateway.next()).counts, { unread: 0 })
    await readAll(server, bob, one)
    await server.say(alice, one, 'again')
    assert.deepEqual((await gateway.next()).counts, { unread: 1 })
  })

  test('counted by room, a room with unread messages counts once', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage, {
      config: { groupUnreadCountByRoom: true, includeContent: false },
    })
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.say(alice, roomId, 'one')
    await server.say(alice, roomId, 'two')

    await gateway.next()
    const second = await gateway.next()
    assert.deepEqual(second.counts, { unread: 1 })
    assert.equal('content' in second, false)
  })

  test('a pushkey that the gateway rejects is forgotten, and others are not', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway, { pushkey: 'gone' }))
    await server.pushers.set(carol, wishFor(gateway, { pushkey: 'stays' }))
    gateway.answerWith(200, { rejected: ['gone', 7] })

    await server.say(alice, roomId, 'one')
    await gateway.next()
    await gateway.next()
    gateway.answerWith(200)
    await server.say(alice, roomId, 'two')
    assert.equal((await gateway.next()).devices[0].pushkey, 'stays')
    await server.say(alice, roomId, 'three')

    assert.equal((await gateway.next()).devices[0].pushkey, 'stays')
    assert.deepEqual(await server.pushers.list(bob.userId), [])
    assert.equal((await server.pushers.list(carol.userId)).length, 1)
  })

  test('every enabled pusher of a user is told, a disabled one once it is enabled again, a deleted one never', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    for (const pushkey of ['a', 'b', 'c']) await server.pushers.set(bob, wishFor(gateway, { pushkey }))
    await server.say(alice, roomId, 'one')
    const keys = [await gateway.next(), await gateway.next(), await gateway.next()]
    assert.deepEqual(keys.map(({ devices }) => devices[0].pushkey).sort(), ['a', 'b', 'c'])

    await server.pushers.set(bob, wishFor(gateway, { pushkey: 'a', enabled: false }))
    await server.pushers.delete({ userId: bob.userId, appId: 'com.example.app', pushkey: 'c' })
    await server.say(alice, roomId, 'two')
    assert.equal((await gateway.next()).devices[0].pushkey, 'b')
    await server.pushers.set(bob, wishFor(gateway, { pushkey: 'a' }))
    await server.say(alice, roomId, 'three')
    const last = [await gateway.next(), await gateway.next()]
    assert.deepEqual(last.map((n) => [bodyOf(n), n.devices[0].pushkey]).sort(), [
      ['three', 'a'],
      ['three', 'b'],
    ])
    assert.deepEqual(gateway.received, [])
  })

  test('without append a pushkey belongs to one user', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.pushers.set(carol, wishFor(gateway, { append: true }))
    assert.equal((await server.pushers.list(bob.userId)).length, 1)

    await server.pushers.set(carol, wishFor(gateway))
    assert.deepEqual(await server.pushers.list(bob.userId), [])
    await server.say(alice, roomId, 'one')
    await server.say(bob, roomId, 'two')
    assert.deepEqual([bodyOf(await gateway.next()), bodyOf(await gateway.next())], ['one', 'two'])
    assert.deepEqual(gateway.received, [])
  })

  test('when pushing is switched off nobody is told', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage, { config: { enabled: false } })
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.say(alice, roomId, 'one')
    await server.pushers[Symbol.asyncDispose]()

    assert.deepEqual(gateway.received, [])
  })
})
