/** What is told once must reach its device, whatever happens at the same moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage, Transaction } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture, type TestAnswer, untilWaiting } from './fixture.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => requesterOf(name)) as [
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
]

const addMessage = (tx: Transaction, to: typeof alice, type: string) =>
  tx.toDevice.add([
    {
      userId: to.userId,
      deviceId: to.deviceId!,
      message: `{"content":{},"sender":"@x:test","type":"${type}"}`,
    },
  ])
const post = (storage: Storage, to: typeof alice, type: string) =>
  storage.write((tx) => addMessage(tx, to, type))
const typesIn = (answer: TestAnswer) => answer.to_device?.events.map((event) => event.type) ?? []

/** The same storage; `hold` makes the next write wait until what it returns is called. */
function held(storage: Storage) {
  let gate: Promise<void> | undefined
  const write: Storage['write'] = async (work) => {
    const wait = gate
    gate = undefined
    await wait
    return storage.write(work)
  }
  return {
    storage: { ...storage, write } as Storage,
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}

databaseMatrix((open) => {
  test('a message that comes while two requests acknowledge the one before is delivered', async () => {
    await using opened = await open()
    const { storage, hold } = held(opened)
    const server = await syncFixture(storage)
    const start = (await server.syncAs(alice)).next_batch
    await post(opened, alice, 'one')
    const { next_batch: since } = await server.syncAs(alice, { since: start })

    // A client whose connection broke asks again while its first request is still at work.
    const release = hold()
    const late = server.syncAs(alice, { since })
    const first = await server.syncAs(alice, { since })
    await post(opened, alice, 'two')
    release()
    await late

    assert.deepEqual(typesIn(await server.syncAs(alice, { since: first.next_batch })), ['two'])
  })

  test('one who is logged out on another device is told of what else happened then', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const { next_batch: since } = await server.syncAs(alice)
    const waiting = server.syncAs(alice, { since, timeoutMs: 30_000 })
    await untilWaiting(server, 1)

    await storage.write(async (tx) => {
      await tx.tokens.deleteOfDevices(alice.userId, ['gone'])
      await tx.devices.recordListChange(alice.userId)
      await addMessage(tx, alice, 'm.test')
    })

    const first = await waiting
    const second = await server.syncAs(alice, { since: first.next_batch })
    const lists = [first, second].flatMap(({ device_lists }) => device_lists?.changed ?? [])
    assert.deepEqual(lists, [alice.userId])
    assert.deepEqual([first, second].flatMap(typesIn), ['m.test'])
  })

  test('who waits is told also when more users wait than are kept in memory', async () => {
    await using storage = await open()
    const server = await syncFixture(storage, { activeUsers: 1 })
    const everybody = [alice, bob, carol]
    const polls = await Promise.all(
      everybody.map(async (who) => {
        const { next_batch: since } = await server.syncAs(who)
        return { who, since }
      }),
    )
    const waiting = polls.map(({ who, since }) => server.syncAs(who, { since, timeoutMs: 30_000 }))
    await untilWaiting(server, 3)

    for (const who of everybody) await post(storage, who, `to ${who.userId}`)
    const answers = waiting.map(async (answer) => typesIn(await answer))

    assert.deepEqual(
      await Promise.all(answers),
      everybody.map((who) => [`to ${who.userId}`]),
    )
    assert.equal(server.notifier.activeUsers, 1)
  })

  test('of who stays for long only the newest changes and the devices that are there are kept', async () => {
    await using storage = await open()
    const server = await syncFixture(storage, { maxChanged: 3 })
    const roomIds = []
    for (let i = 0; i < 5; i++) {
      roomIds.push(await server.create(alice))
      await server.join(bob, roomIds[i]!)
    }
    const { next_batch: since } = await server.syncAs(alice)
    for (const roomId of roomIds) await server.say(bob, roomId, 'hello')
    await post(storage, { ...alice, deviceId: 'gone' }, 'm.test')
    await post(storage, alice, 'm.test')
    const user = server.notifier.find(alice.userId)!
    assert.deepEqual([user.events.size, user.toDevice.size], [3, 2])

    await storage.write(async (tx) => {
      await tx.toDevice.acknowledge(alice.userId, 'gone', Number.MAX_SAFE_INTEGER)
      await tx.tokens.deleteOfDevices(alice.userId, ['gone'])
    })
    const answer = await server.syncAs(alice, { since })

    assert.deepEqual(Object.keys(answer.rooms!.join!).sort(), roomIds.toSorted(), 'the others were read')
    assert.deepEqual(typesIn(answer), ['m.test'])
    while (user.toDevice.size > 1) await new Promise(setImmediate)
    assert.deepEqual([...user.toDevice.keys()], [alice.deviceId])

    for (let minutes = 0; minutes < 65; minutes += 5) {
      server.clock.advance(300_000)
      await server.syncAs(alice, { since: answer.next_batch }) // she stays
    }
    await server.say(bob, roomIds[4]!, 'late')
    assert.deepEqual([server.notifier.find(alice.userId), user.events.size], [user, 1])
    const { rooms } = await server.syncAs(alice, { since })
    assert.deepEqual(Object.keys(rooms!.join!).sort(), roomIds.toSorted(), 'all are read')
  })
})
