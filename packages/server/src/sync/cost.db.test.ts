import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { bodies, requesterOf, syncFixture, untilWaiting, watched } from './fixture.ts'

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
})
