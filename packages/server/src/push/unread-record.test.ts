import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatItems,
  MAX_ITEMS,
  parseItems,
  ReadPositions,
  type UnreadItem,
  UnreadRecord,
} from './unread-record.ts'

const THREADS = ['main', '$one', '$two']
const position = fc.integer({ min: 1, max: 60 })
const step = fc.oneof(
  fc.record({ add: fc.record({ thread: fc.constantFrom(...THREADS), highlight: fc.boolean() }) }),
  fc.record({ read: fc.constantFrom(...THREADS), at: position }),
  fc.record({ readAll: position }),
  fc.record({ remove: position }),
  fc.record({ join: position }),
)

/** What the record is to do, without any of its means: a list that is looked through each time. */
function plainCounts(items: readonly UnreadItem[], upTo: number) {
  const main = { notify: 0, highlight: 0 }
  const threads = new Map<string, typeof main>()
  const counted = items.filter((item) => item.position <= upTo)
  for (const { thread, highlight } of counted) {
    const counts = thread === 'main' ? main : (threads.get(thread) ?? { notify: 0, highlight: 0 })
    if (thread !== 'main') threads.set(thread, counts)
    counts.notify++
    if (highlight) counts.highlight++
  }
  return { main, threads, newest: counted.at(-1)?.position ?? 0 }
}

test('a record counts what a list of its items would, whatever is added, read and taken back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), position, (steps, upTo) => {
      const read = new ReadPositions()
      const record = new UnreadRecord(0, [])
      let items: UnreadItem[] = []
      let joinedAt = 0
      let next = 1
      for (const one of steps) {
        if ('add' in one) {
          const item = { ...one.add, position: next++ }
          record.add(item)
          items.push(item)
        } else if ('read' in one) read.read(one.read, one.at)
        else if ('readAll' in one) {
          const receipt = { threadId: null, eventPosition: one.readAll, position: next }
          read.add(receipt as Parameters<ReadPositions['add']>[0])
        } else if ('remove' in one) {
          record.remove(one.remove)
          items = items.filter((item) => item.position !== one.remove)
        } else joinedAt = Math.max(joinedAt, one.join)
        record.prune(read, joinedAt)
        items = items.filter((item) => item.position > joinedAt && !read.covers(item))
        for (const at of [upTo, next]) assert.deepEqual(record.counts(at), plainCounts(items, at))
        assert.deepEqual(parseItems(formatItems(record)), items)
      }
    }),
  )
})

test('what is read covers as much as all that was ever said of it, and keeps no more than lies behind the last receipt for all', () => {
  const said = fc.record({ thread: fc.constantFrom(null, ...THREADS), at: position })
  fc.assert(
    fc.property(fc.array(said), (all) => {
      const read = new ReadPositions()
      for (const [i, { thread, at }] of all.entries())
        read.add({ threadId: thread, eventPosition: at, position: i } as Parameters<ReadPositions['add']>[0])

      for (const thread of THREADS)
        for (let at = 1; at <= 61; at++) {
          const isRead = all.some((one) => (one.thread ?? thread) === thread && at <= one.at)
          assert.equal(read.covers({ thread, position: at }), isRead)
        }
      assert.ok([...read.byThread.values()].every((upTo) => upTo > read.all))
    }),
  )
})

test('the newest are kept when there are too many', () => {
  const record = new UnreadRecord(0, [])
  for (let i = 1; i <= MAX_ITEMS + 10; i++)
    record.add({ position: i, thread: i % 2 ? 'main' : '$t', highlight: i === 3 })
  const { main, threads, newest } = record.counts(MAX_ITEMS + 10)
  assert.equal(record.size, MAX_ITEMS)
  assert.ok(record.weight > 5 * MAX_ITEMS, 'threads weigh')
  assert.deepEqual(
    [main, threads.get('$t'), newest],
    [{ notify: MAX_ITEMS / 2, highlight: 0 }, { notify: MAX_ITEMS / 2, highlight: 0 }, MAX_ITEMS + 10],
  )
})
