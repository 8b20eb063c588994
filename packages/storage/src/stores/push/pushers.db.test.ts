import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Fact } from '../../streams.ts'
import type { Pusher } from './pushers.ts'

const alice = '@alice:test' as UserId
const bob = '@bob:test' as UserId

const pusherOf = (userId: UserId, overrides: Partial<Pusher> = {}): Pusher => ({
  userId,
  appId: 'app',
  pushkey: 'key',
  kind: 'http',
  deviceId: 'D1',
  enabled: true,
  appDisplayName: 'App',
  deviceDisplayName: 'Phone',
  profileTag: '',
  lang: 'en',
  data: { url: 'https://push.test/_matrix/push/v1/notify', 'own key': [1, null] },
  pushkeyTs: 1_700_000_000_123,
  lastPosition: 5,
  badge: null,
  ...overrides,
})

databaseMatrix((open) => {
  test('a pusher is kept as it was set, and setting it again replaces it', async () => {
    await using storage = await open()
    await storage.write((tx) => tx.pushers.set(pusherOf(alice)))
    await storage.write((tx) => tx.pushers.set(pusherOf(alice, { pushkey: 'other', enabled: false })))
    assert.deepEqual(await storage.read.pushers.listOfUser(alice), [
      pusherOf(alice),
      pusherOf(alice, { pushkey: 'other', enabled: false }),
    ])

    const changed = pusherOf(alice, { lang: 'de', deviceId: null, kind: 'email', badge: 3, lastPosition: 9 })
    await storage.write((tx) => tx.pushers.set(changed))
    assert.deepEqual((await storage.read.pushers.listOfUser(alice))[0], changed)
    assert.deepEqual(await storage.read.pushers.listOfUser(bob), [])
  })

  test('progress only goes forward, and a deleted pusher does not come back', async () => {
    await using storage = await open()
    const key = { userId: alice, appId: 'app', pushkey: 'key' }
    const progress = async () => {
      const [pusher] = await storage.read.pushers.listOfUser(alice)
      return pusher && [pusher.lastPosition, pusher.badge]
    }
    await storage.write((tx) => tx.pushers.set(pusherOf(alice)))

    await storage.write((tx) => tx.pushers.saveProgress(key, { lastPosition: 7, badge: 2 }))
    await storage.write((tx) => tx.pushers.saveProgress(key, { lastPosition: 6, badge: 9 }))
    assert.deepEqual(await progress(), [7, 2])
    await storage.write((tx) => tx.pushers.saveProgress(key, { lastPosition: 7, badge: null }))
    assert.deepEqual(await progress(), [7, null])

    assert.equal(await storage.write((tx) => tx.pushers.delete(key)), true)
    assert.equal(await storage.write((tx) => tx.pushers.delete(key)), false)
    await storage.write((tx) => tx.pushers.saveProgress(key, { lastPosition: 8, badge: 2 }))
    assert.equal(await progress(), undefined)
  })

  test('pushers go with other users of the same pushkey, with devices and with accounts', async () => {
    await using storage = await open()
    const facts: Fact[] = []
    const keysOf = async (userId: UserId) =>
      (await storage.read.pushers.listOfUser(userId)).map(({ pushkey }) => pushkey)
    await storage.write(async (tx) => {
      for (const userId of [alice, bob]) {
        await tx.pushers.set(pusherOf(userId))
        await tx.pushers.set(pusherOf(userId, { pushkey: 'second', deviceId: 'D2' }))
        await tx.pushers.set(pusherOf(userId, { pushkey: 'third', deviceId: null }))
      }
    })
    storage.subscribe((batch) => facts.push(...batch))

    await storage.write((tx) => tx.pushers.deleteOfOthers(pusherOf(alice)))
    assert.deepEqual(
      [await keysOf(alice), await keysOf(bob)],
      [
        ['key', 'second', 'third'],
        ['second', 'third'],
      ],
    )
    await storage.write((tx) => tx.pushers.deleteOfDevices(alice, ['D1', 'unknown']))
    await storage.write((tx) => tx.pushers.deleteOfDevices(alice, []))
    assert.deepEqual(
      [await keysOf(alice), await keysOf(bob)],
      [
        ['second', 'third'],
        ['second', 'third'],
      ],
    )
    await storage.write((tx) => tx.pushers.deleteOfUser(bob))
    assert.deepEqual([await keysOf(alice), await keysOf(bob)], [['second', 'third'], []])
    assert.deepEqual(
      facts.map(({ stream, position, key }) => [stream, position, key]),
      [
        ['pushers', 7, bob],
        ['pushers', 8, alice],
        ['pushers', 9, bob],
      ],
    )
  })

  test('only users with an enabled pusher are looked at, page by page', async () => {
    await using storage = await open()
    const users = ['a', 'b', 'c', 'd', 'e'].map((name) => `@${name}:test` as UserId)
    await storage.write(async (tx) => {
      for (const userId of users) await tx.pushers.set(pusherOf(userId))
      await tx.pushers.set(pusherOf(users[0]!, { pushkey: 'another' }))
      await tx.pushers.set(pusherOf(users[1]!, { enabled: false }))
      await tx.pushers.set(pusherOf(users[3]!, { kind: 'email' }))
    })

    assert.deepEqual(await storage.read.pushers.users('', 2), [users[0], users[2]])
    assert.deepEqual(await storage.read.pushers.users(users[2]!, 2), [users[3], users[4]])
    assert.deepEqual(await storage.read.pushers.joinedUsersOf('!nowhere:test'), [])
  })

  test('a throttle is kept by room, and goes with its pusher', async () => {
    await using storage = await open()
    const [a, b] = ['@a:test', '@b:test'] as UserId[]
    const [mail, other] = [pusherOf(a!, { kind: 'email' }), pusherOf(b!, { kind: 'email' })]
    const throttle = { lastSentTs: 5, throttleMs: 600_000 }
    const room = '!r:test' as RoomId
    await storage.write(async (tx) => {
      for (const pusher of [mail, other]) {
        await tx.pushers.set(pusher)
        await tx.pushers.setThrottle(pusher, room, { ...throttle, lastSentTs: 1 })
        await tx.pushers.setThrottle(pusher, room, throttle)
      }
    })
    assert.deepEqual(await storage.read.pushers.throttles(mail), new Map([[room, throttle]]))

    await storage.write((tx) => tx.pushers.delete(mail))
    assert.equal((await storage.read.pushers.throttles(mail)).size, 0)
    assert.equal((await storage.read.pushers.throttles(other)).size, 1)
  })
})
