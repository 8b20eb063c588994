import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { RecentReceipts } from '../notify/recent-receipts.ts'
import { NO_FILTER } from './filter.ts'
import { bodies, requesterOf, syncFixture, untilWaiting, watched } from './fixture.ts'
import { parseToken } from './token.ts'

const alice = requesterOf('alice')
const readers = Array.from({ length: 20 }, (_, i) => requesterOf(`reader${i}`))

databaseMatrix((open) => {
  test('a sync without news reads nothing, however many rooms the user is in', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage)
    for (let i = 0; i < 10; i++) await server.create(alice)
    const first = await server.syncAs(alice)
    reads.length = 0
    const second = await server.syncAs(alice, { since: first.next_batch })
    assert.deepEqual(reads, [])
    assert.equal(second.next_batch, first.next_batch)
  })

  test('an answer without news is there at once, and one with news, or that may wait, is not', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const [bob] = readers
    const roomId = await server.create(alice)
    await server.join(bob!, roomId)
    const ask = (since: string, timeoutMs = 0) =>
      server.sync(bob!, {
        since: parseToken(since),
        filter: NO_FILTER,
        fullState: false,
        stateKey: 'state',
        timeoutMs,
        setPresence: 'online',
        caller: new AbortController(),
      })
    const { next_batch: since } = await server.syncAs(bob!)

    const quiet = ask(since)
    const waiting = ask(since, 30_000)
    await server.say(alice, roomId, 'hello')
    const news = ask(since)

    assert.equal(typeof quiet === 'string' && JSON.parse(quiet).next_batch, since)
    assert.equal(news instanceof Promise && waiting instanceof Promise, true)
    assert.deepEqual(await news, await waiting)
    const { next_batch: later } = JSON.parse((await news) as string)
    assert.equal(typeof ask(later), 'string')
  })

  test('a message is told to everybody who waits without reading it from the database again', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage)
    const roomId = await server.create(alice)
    const tokens = new Map<string, string>()
    for (const reader of readers) await server.join(reader, roomId)
    const filter = { room: { state: { lazy_load_members: true } } }
    const pollAll = async () => {
      const polls = readers.map(async (reader) => {
        const since = tokens.get(reader.userId)!
        const answer = await server.syncAs(reader, { since, filter, timeoutMs: 30_000 })
        tokens.set(reader.userId, answer.next_batch)
        return bodies(answer.rooms!.join![roomId])
      })
      await untilWaiting(server, readers.length)
      return polls
    }
    for (const reader of readers)
      tokens.set(reader.userId, (await server.syncAs(reader, { filter })).next_batch)
    // The first message makes everybody learn who alice is, and loads rules and names.
    const warm = await pollAll()
    await server.say(alice, roomId, 'one')
    await Promise.all(warm)

    const polls = await pollAll()
    reads.length = 0
    await server.say(alice, roomId, 'two')
    const heard = await Promise.all(polls)

    assert.deepEqual(
      heard,
      readers.map(() => ['two']),
    )
    const bySync = reads.filter((read) => !read.startsWith('rooms.findTxn'))
    assert.deepEqual(bySync, [])
  })

  test('who goes offline is told to everybody without reading it from the database, also when they go for good', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage, { presence: true })
    const roomId = await server.create(alice)
    const tokens = new Map<string, string>()
    const sync = async (reader: typeof alice) => {
      const answer = await server.syncAs(reader, {
        since: tokens.get(reader.userId)!,
        setPresence: 'offline',
      })
      tokens.set(reader.userId, answer.next_batch)
      return answer.presence?.events.map(({ sender, content }) => [sender, content['presence']])
    }
    for (const reader of readers) await server.join(reader, roomId)
    await server.syncAs(alice)
    for (const reader of readers)
      tokens.set(reader.userId, (await server.syncAs(reader, { setPresence: 'offline' })).next_batch)
    // While fewer are online than one has rooms.
    assert.deepEqual(
      reads.filter((read) => read === 'members.countCompany'),
      [],
    )

    const gone = new Promise<void>((resolve) =>
      storage.subscribe((facts) => facts.some(({ stream }) => stream === 'presence') && resolve()),
    )
    server.clock.advance(30_000)
    await gone
    reads.length = 0

    for (const reader of readers) assert.deepEqual(await sync(reader), [[alice.userId, 'offline']])
    assert.deepEqual(reads, [])
    assert.equal((await server.presence.get(alice.userId))?.state, 'offline')

    await storage.write(async (tx) => {
      await tx.presence.delete(alice.userId)
      await tx.accounts.announceChange(alice.userId, 'deactivated')
    })
    assert.equal(await server.presence.get(alice.userId), undefined)
  })

  test('ten thousand waiting requests cost little memory, and end', async () => {
    await using storage = await open()
    const server = await syncFixture(storage, {
      longPolls: { perDevice: 20_000, perUser: 20_000, total: 20_000 },
    })
    await server.create(alice)
    const { next_batch: since } = await server.syncAs(alice)
    const before = process.memoryUsage().heapUsed
    const polls = Array.from({ length: 10_000 }, () => server.syncAs(alice, { since, timeoutMs: 30_000 }))
    await untilWaiting(server, 10_000)
    const perPoll = (process.memoryUsage().heapUsed - before) / 10_000
    assert.ok(perPoll < 20_000, `${perPoll} bytes a request`)
    server.clock.advance(30_000)
    await Promise.all(polls)
    assert.equal(server.waiters.size, 0)
  })

  test('of rooms it is bounded what is kept of their state altogether, as much as is known of each', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const server = await syncFixture(storage, { rooms: 2 })
    const [large, small] = [await server.create(alice), await server.create(alice)]
    const readAgain = async (roomId: RoomId) => {
      reads.length = 0
      await server.say(alice, roomId, 'hello')
      return reads.includes('rooms.findRoom')
    }
    assert.deepEqual([await readAgain(large), await readAgain(small)], [true, true])
    assert.deepEqual([await readAgain(large), await readAgain(small)], [false, false])

    for (const reader of readers) await server.join(reader, large)

    assert.deepEqual([await readAgain(small), await readAgain(large)], [true, true])
  })

  test('of receipts the newest are kept: so many for each room, and so many of all', async () => {
    await using opened = await open()
    const { storage, reads } = watched(opened)
    const receipts = new RecentReceipts(storage, { rooms: 1 })
    const [a, b] = ['!a:test', '!b:test'] as [RoomId, RoomId]
    const receive = (roomId: RoomId, count: number) =>
      opened.write(async (tx) => {
        for (let i = 0; i < count; i++) {
          const userId = `@user${i}:test` as UserId
          const about = { eventId: '$event' as EventId, eventPosition: i, threadId: null, ts: 1 }
          await tx.receipts.advance({ roomId, userId, type: 'm.read', ...about })
        }
      })
    const newest = async (roomId: RoomId, count: number) => {
      const { receipts: upTo } = await opened.positions()
      reads.length = 0
      const users = (await receipts.changes(roomId, upTo - count, upTo)).map(({ userId }) => userId)
      return { count: users.length, isRead: reads.length > 0 }
    }

    await receive(a, 600)
    assert.deepEqual(await newest(a, 300), { count: 300, isRead: false })
    assert.deepEqual(await newest(a, 500), { count: 500, isRead: true })
    await receive(b, 300)

    assert.deepEqual(await newest(b, 300), { count: 300, isRead: false })
    assert.deepEqual(await newest(a, 310), { count: 10, isRead: true })
  })
})
