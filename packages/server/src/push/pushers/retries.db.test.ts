import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { OutboundError } from '../../outbound/outbound-error.ts'
import { requesterOf, type SyncFixture } from '../../sync/fixture.ts'
import { pushersOn, pushFixture, readAll, type TestNotification, testGateway, wishFor } from './fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')
const carol = requesterOf('carol')
const HOUR_MS = 3_600_000

async function roomOf(server: SyncFixture, ...others: (typeof alice)[]): Promise<RoomId> {
  const roomId = await server.create(alice)
  for (const other of others) await server.join(other, roomId)
  return roomId
}

/** Resolves when it is known of the newest event that the users' pushers have been told of it. */
async function told(server: SyncFixture, ...users: (typeof alice)[]): Promise<void> {
  const { events } = await server.storage.positions()
  for (const { userId } of users)
    await eventually(
      async () => (await server.storage.read.pushers.listOfUser(userId))[0]!.lastPosition >= events,
    )
}

const bodyOf = (notification: TestNotification): string => notification.content.body

databaseMatrix((open) => {
  test('a gateway that fails is asked again, later each time, and then told everything in order', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    gateway.answerWith(502, 'bad gateway')
    await server.say(alice, roomId, 'one')

    for (const delayMs of [1_000, 2_000, 4_000]) {
      assert.equal(bodyOf(await gateway.next()), 'one')
      await clock.waitsFor(delayMs)
      await server.say(alice, roomId, `while waiting ${delayMs}`)
      clock.advance(delayMs - 1)
      assert.deepEqual(gateway.received, [])
      gateway.answerWith(delayMs === 2_000 ? 200 : 500, delayMs === 2_000 ? 'no JSON' : {})
      if (delayMs === 4_000) gateway.answerWith(200)
      clock.advance(1)
    }

    const bodies = [1, 2, 3, 4].map(async () => bodyOf(await gateway.next()))
    assert.deepEqual(await Promise.all(bodies), [
      'one',
      'while waiting 1000',
      'while waiting 2000',
      'while waiting 4000',
    ])
    assert.equal(server.errors.length, 1)
  })

  test('what could not be told for a day is passed over, what is newer is told', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    gateway.answerWith(500)
    await server.say(alice, roomId, 'old')
    let delayMs = 1_000
    let waitedMs = 0
    for (; waitedMs + delayMs <= 24 * HOUR_MS; delayMs = Math.min(delayMs * 2, HOUR_MS)) {
      assert.equal(bodyOf(await gateway.next()), 'old')
      await clock.waitsFor(delayMs)
      clock.advance(delayMs)
      waitedMs += delayMs
    }
    assert.equal(bodyOf(await gateway.next()), 'old')
    await clock.waitsFor(HOUR_MS)
    await server.say(alice, roomId, 'new')
    gateway.answerWith(200)
    clock.advance(2 * HOUR_MS)

    assert.equal(bodyOf(await gateway.next()), 'new')
    assert.deepEqual(gateway.received, [])
  })

  test('what was read, taken back or deleted while the gateway was away is not told', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    const other = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    gateway.answerWith(500)
    await server.say(alice, roomId, 'read elsewhere')
    await gateway.next()
    await clock.waitsFor(1_000)
    await readAll(server, bob, roomId)
    const mistake = await server.say(alice, other, 'mistake')
    await server.redact(alice, other, mistake)
    await server.say(alice, other, 'current')
    gateway.answerWith(200)
    clock.advance(1_000)

    const told = await gateway.next()
    assert.equal(bodyOf(told), 'current')
    assert.deepEqual(told.counts, { unread: 1 })
  })

  test('setting the pusher again ends the waiting', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor({ url: 'http://127.0.0.1:1/_matrix/push/v1/notify' }))
    await server.say(alice, roomId, 'one')
    await server.clock.waitsFor(1_000)

    await server.pushers.set(bob, wishFor(gateway))

    assert.equal(bodyOf(await gateway.next()), 'one')
  })

  test('a restart neither loses nor repeats: what was told is known, what was not is told', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    const server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.say(alice, roomId, 'told')
    assert.equal(bodyOf(await gateway.next()), 'told')
    gateway.answerWith(500)
    await server.say(alice, roomId, 'not taken')
    await gateway.next()
    await clock.waitsFor(1_000)
    await server[Symbol.asyncDispose]()
    await server.say(alice, roomId, 'while it was down')
    gateway.answerWith(200)

    await using again = pushersOn(server, { clock })
    await again.pushers.start()
    assert.equal(bodyOf(await gateway.next()), 'not taken')
    assert.equal(bodyOf(await gateway.next()), 'while it was down')
    await server.say(alice, roomId, 'after')
    assert.equal(bodyOf(await gateway.next()), 'after')
    assert.deepEqual(gateway.received, [])
  })

  test('what did not notify is not told later, when a restart finds other rules', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    const server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.send(alice, roomId, { msgtype: 'm.notice', body: 'a notice' })
    await server.say(alice, roomId, 'one')
    assert.equal(bodyOf(await gateway.next()), 'one')
    await told(server, bob)
    await server[Symbol.asyncDispose]()
    await server.pushRules.setEnabled(bob.userId, 'override', '.m.rule.suppress_notices', false)

    await using again = pushersOn(server, { clock })
    await again.pushers.start()
    await server.send(alice, roomId, { msgtype: 'm.notice', body: 'a notice that notifies' })

    assert.equal(bodyOf(await gateway.next()), 'a notice that notifies')
    assert.deepEqual(gateway.received, [])
  })

  test('a long absence is made up for in order, over all rooms', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    const server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const [one, two] = [await roomOf(server, bob, carol), await roomOf(server, bob, carol)]
    await server.pushers.set(bob, wishFor(gateway))
    await server[Symbol.asyncDispose]()
    const bodies = Array.from({ length: 130 }, (_, i) => `m${i}`)
    // Most of one room at first, then most of the other: what is read of each does not end at the same place.
    for (const [i, body] of bodies.entries())
      await server.say(alice, (i % 10 === 0) === i < 65 ? one : two, body)

    await using again = pushersOn(server, { clock })
    await again.pushers.start()
    const heard: string[] = []
    while (heard.length < bodies.length) heard.push(bodyOf(await gateway.next()))

    assert.deepEqual(heard, bodies)
    assert.deepEqual(gateway.received, [])
  })

  test('a failure of the database delays notifications and loses none', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage)
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    const { pushers } = storage.read
    pushers.listOfUser = () => Promise.reject(new Error('the disk is gone'))
    await server.say(alice, roomId, 'one')
    await server.clock.waitsFor(5_000)
    await server.say(alice, roomId, 'two')
    Reflect.deleteProperty(pushers, 'listOfUser') // its class's own method comes to light again

    server.clock.advance(5_000)

    assert.deepEqual([bodyOf(await gateway.next()), bodyOf(await gateway.next())], ['one', 'two'])
    await server.say(alice, roomId, 'three')
    assert.equal(bodyOf(await gateway.next()), 'three')
    assert.deepEqual(gateway.received, [])
  })

  test('users who are let go of for want of room hear of what comes all the same', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage, { users: 1 })
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway, { pushkey: 'bob' }))
    await server.pushers.set(carol, wishFor(gateway, { pushkey: 'carol' }))
    for (const body of ['one', 'two', 'three']) {
      await server.say(alice, roomId, body)
      const both = [await gateway.next(), await gateway.next()]
      assert.deepEqual(both.map((n) => [bodyOf(n), n.devices[0].pushkey]).sort(), [
        [body, 'bob'],
        [body, 'carol'],
      ])
      await told(server, bob, carol)
      clock.advance(61_000)
    }
    assert.deepEqual(gateway.received, [])
  })

  test('a gateway at an address of our own network is not asked, and the reason is told', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    await using server = await pushFixture(storage, { allowed: [] })
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    await server.say(alice, roomId, 'one')
    await server.clock.waitsFor(1_000)

    assert.deepEqual(gateway.received, [])
    const [error] = server.errors
    assert.ok(error instanceof OutboundError && error.reason === 'blocked')
  })

  test('a request under way when the server stops is waited for, and one that hangs is not for long', async () => {
    await using storage = await open()
    await using gateway = await testGateway()
    const server = await pushFixture(storage)
    const { clock } = server
    await server.pushers.start()
    const roomId = await roomOf(server, bob, carol)
    await server.pushers.set(bob, wishFor(gateway))
    gateway.hold()
    await server.say(alice, roomId, 'under way')
    await gateway.next()
    const stopping = server[Symbol.asyncDispose]()
    await clock.waitsFor(2_000)
    gateway.release()
    await stopping

    const again = pushersOn(server, { clock })
    await again.pushers.start()
    gateway.hold()
    await server.say(alice, roomId, 'hangs')
    assert.equal(bodyOf(await gateway.next()), 'hangs')
    const stoppingAgain = again[Symbol.asyncDispose]()
    await clock.waitsFor(2_000)
    clock.advance(2_000)
    await stoppingAgain
  })
})
