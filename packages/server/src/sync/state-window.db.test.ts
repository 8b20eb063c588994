import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture } from './fixture.ts'
import { changedNids } from './state-window.ts'

const alice = requesterOf('alice')

databaseMatrix((open) => {
  test('of many changes the same is told as of few, wherever the client stands and the timeline begins', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(alice)
    const first = (await storage.positions()).events
    for (let i = 0; i < 24; i++) {
      await server.set(alice, room, `x.${i % 5}`, { i })
      if (i % 4 === 0) await server.say(alice, room, `message ${i}`)
    }
    const last = (await storage.positions()).events
    const { roomEvents } = server.reads
    const told = async (after: number, start: number, atEnd: boolean, many: number) => {
      const all = await roomEvents.timeline(room, { after: start, upTo: last, limit: 100, dir: 'f' })
      // As if a filter had left some out.
      const events = all.filter(({ row }) => row.nid % 3 !== 0)
      const range = { after, upTo: last, atEnd }
      return (await changedNids(server.reads, room, { events, start }, range, many)).sort((a, b) => a - b)
    }

    for (let after = first; after < last; after += 3)
      for (let start = after; start <= last; start += 4)
        for (const atEnd of [true, false]) {
          const few = await told(after, start, atEnd, 1_000)
          assert.deepEqual(await told(after, start, atEnd, 1), few, `${after} ${start} ${atEnd}`)
        }
    assert.ok((await told(first, last - 4, false, 1)).length >= 5)
  })
})
