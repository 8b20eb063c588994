import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { openStorage, type ReceiptType } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, type SyncFixture, syncFixture } from '../sync/fixture.ts'

const alice = requesterOf('alice')
const bob = requesterOf('bob')

async function roomOfTwo(server: SyncFixture): Promise<RoomId> {
  const roomId = await server.create(alice)
  await server.join(bob, roomId)
  return roomId
}

/** Reads up to an event as `POST /receipt` does. */
async function read(
  server: SyncFixture,
  roomId: RoomId,
  eventId: EventId,
  threadId: string | null = null,
  type: ReceiptType = 'm.read',
): Promise<void> {
  const loaded = await server.reads.roomEvents.find(eventId)
  const eventPosition = loaded!.row.position!
  await server.storage.write((tx) =>
    tx.receipts.advance({ roomId, userId: bob.userId, type, threadId, eventId, eventPosition, ts: 1 }),
  )
}

const inThread = (root: EventId) => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: root } })
const mention = { 'm.mentions': { user_ids: [bob.userId] } }

databaseMatrix((open) => {
  test('messages count until they are read, in the answer that brings them', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await roomOfTwo(server)
    const counts = async (since?: string) => {
      const answer = await server.syncAs(bob, since === undefined ? {} : { since })
      return { unread: answer.rooms?.join?.[roomId]?.unread_notifications, token: answer.next_batch }
    }
    const start = await counts()
    assert.deepEqual(start.unread, { highlight_count: 0, notification_count: 0 })

    const one = await server.say(alice, roomId, 'one')
    const afterOne = await counts(start.token)
    assert.deepEqual(afterOne.unread, { highlight_count: 0, notification_count: 1 })
    const two = await server.say(alice, roomId, 'two', mention)
    const afterTwo = await counts(afterOne.token)
    assert.deepEqual(afterTwo.unread, { highlight_count: 1, notification_count: 2 })

    await read(server, roomId, one)
    const readOne = await counts(afterTwo.token)
    assert.deepEqual(readOne.unread, { highlight_count: 1, notification_count: 1 })
    await read(server, roomId, two, null, 'm.read.private')
    const readTwo = await counts(readOne.token)
    assert.deepEqual(readTwo.unread, { highlight_count: 0, notification_count: 0 })
  })

  test('what one sends oneself is read up to there, and state, notices and reactions do not count', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await roomOfTwo(server)
    const unread = async () =>
      (await server.unread.of(bob.userId, roomId, server.notifier.positions.events)).main.notify
    await server.say(alice, roomId, 'one')
    await server.set(alice, roomId, 'm.room.topic', { topic: 't' })
    await server.send(alice, roomId, { msgtype: 'm.notice', body: 'n' })
    assert.equal(await unread(), 1)

    await server.set(bob, roomId, 'm.room.member', { membership: 'join', displayname: 'Bobby' }, bob.userId)
    assert.equal(await unread(), 1)
    await server.say(bob, roomId, 'me')
    assert.equal(await unread(), 0)
    await server.say(alice, roomId, 'Bobby, come here')
    const { main } = await server.unread.of(bob.userId, roomId, server.notifier.positions.events)
    assert.deepEqual(main, { notify: 1, highlight: 1 })
  })

  test('a message that is taken back, or of an ignored user, does not count', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await roomOfTwo(server)
    const unread = async () =>
      (await server.unread.of(bob.userId, roomId, server.notifier.positions.events)).main.notify
    const mistake = await server.say(alice, roomId, 'mistake')
    assert.equal(await unread(), 1)
    await server.redact(alice, roomId, mistake)
    assert.equal(await unread(), 0)

    const ignored = JSON.stringify({ ignored_users: { [alice.userId]: {} } })
    await storage.write((tx) => tx.accountData.set(bob.userId, null, 'm.ignored_user_list', ignored))
    await server.say(alice, roomId, 'unheard')
    assert.equal(await unread(), 0)
  })

  test('threads are counted apart when the filter asks, and together when not', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await roomOfTwo(server)
    const root = await server.say(alice, roomId, 'root')
    const reply = await server.say(alice, roomId, 'reply', inThread(root))
    await server.send(alice, roomId, {
      msgtype: 'm.text',
      body: 'about the reply',
      'm.relates_to': { rel_type: 'm.reference', event_id: reply },
    })
    const filter = { room: { timeline: { unread_thread_notifications: true } } }
    const apart = (await server.syncAs(bob, { filter })).rooms!.join![roomId]!
    assert.deepEqual(apart.unread_notifications, { highlight_count: 0, notification_count: 1 })
    assert.deepEqual(apart.unread_thread_notifications, {
      [root]: { highlight_count: 0, notification_count: 2 },
    })
    const together = (await server.syncAs(bob)).rooms!.join![roomId]!
    assert.deepEqual(together.unread_notifications, { highlight_count: 0, notification_count: 3 })
    assert.equal(together.unread_thread_notifications, undefined)

    await read(server, roomId, root, 'main')
    const readMain = (await server.syncAs(bob, { filter })).rooms!.join![roomId]!
    assert.equal(readMain.unread_notifications!.notification_count, 0)
    assert.equal(readMain.unread_thread_notifications![root]!.notification_count, 2)
    await read(server, roomId, reply, root)
    const readReply = (await server.syncAs(bob, { filter })).rooms!.join![roomId]!
    assert.equal(readReply.unread_thread_notifications![root]!.notification_count, 1)
    await server.say(bob, roomId, 'in main')
    const sentInMain = (await server.syncAs(bob, { filter })).rooms!.join![roomId]!
    assert.equal(sentInMain.unread_thread_notifications![root]!.notification_count, 1)
  })

  test('counts are the same after a restart, and only what came before joining does not count', async () => {
    const options = await open.options()
    let roomId: RoomId
    {
      await using storage = await openStorage(options)
      const server = await syncFixture(storage)
      roomId = await server.create(alice)
      for (let i = 0; i < 5; i++) await server.say(alice, roomId, 'before bob')
      await server.join(bob, roomId)
      for (let i = 0; i < 120; i++) await server.say(alice, roomId, `m${i}`)
      const before = await server.unread.of(bob.userId, roomId, server.notifier.positions.events)
      assert.equal(before.main.notify, 120)
    }
    await using storage = await openStorage(options)
    const server = await syncFixture(storage)
    // More than a hundred events were judged: that is worth keeping.
    const [checkpoint] = await storage.read.unread.listOfUser(bob.userId)
    assert.equal(checkpoint?.upTo, server.notifier.positions.events)
    await server.say(alice, roomId, 'after')
    const after = await server.unread.of(bob.userId, roomId, server.notifier.positions.events)
    assert.equal(after.main.notify, 121)
  })

  test('what was counted for a user who is no longer kept in memory is kept, but for rooms they have left', async () => {
    await using storage = await open()
    const server = await syncFixture(storage, { activeUsers: 1 })
    const [left, stayed] = [await roomOfTwo(server), await roomOfTwo(server)]
    const count = (userId: UserId, roomId: RoomId) =>
      server.unread.of(userId, roomId, server.notifier.positions.events)
    for (const roomId of [left, stayed]) {
      await server.say(alice, roomId, 'x')
      assert.equal((await count(bob.userId, roomId)).main.notify, 1)
    }
    await server.leave(bob, left)

    await count(alice.userId, stayed)

    const kept = () => storage.read.unread.listOfUser(bob.userId)
    while ((await kept()).length === 0) await new Promise(setImmediate)
    assert.deepEqual(
      (await kept()).map(({ roomId }) => roomId),
      [stayed],
    )
    await server.say(alice, stayed, 'y')
    assert.equal((await count(bob.userId, stayed)).main.notify, 2)
  })

  test('concurrent requests of a user count each event once', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const roomId = await roomOfTwo(server)
    for (let i = 0; i < 3; i++) await server.say(alice, roomId, 'x')
    const upTo = server.notifier.positions.events
    const all = await Promise.all([1, 2, 3].map(() => server.unread.of(bob.userId, roomId, upTo)))
    assert.deepEqual(
      all.map(({ main }) => main.notify),
      [3, 3, 3],
    )
  })
})
