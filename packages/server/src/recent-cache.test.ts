import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from './clock.ts'
import { createLastingCache, createRecentCache, createSizedCache, forgetIdle } from './recent-cache.ts'

const MINUTE_MS = 60_000
/** One cache after the other is swept. */
const swept = async () => {
  for (let i = 0; i < 100; i++) await new Promise(setImmediate)
}

test('what nobody has used for half an hour is forgotten, and told', async () => {
  const clock = manualClock()
  const dropped: string[] = []
  const cache = createRecentCache<string, number>(10, (_, key) => void dropped.push(key))
  const lasting = createLastingCache<string, number>(10)
  using _forgetting = forgetIdle(clock)
  for (const key of ['idle', 'read', 'written', 'looked at']) cache.set(key, 1)
  lasting.set('idle', 1)

  for (let minutes = 0; minutes < 60; minutes += 20) {
    clock.advance(20 * MINUTE_MS)
    await swept()
    cache.get('read')
    cache.set('written', minutes)
    cache.peek('looked at')
  }

  assert.deepEqual(dropped.filter((key) => key !== 'written').sort(), ['idle', 'looked at'])
  assert.deepEqual([...cache.keys()].sort(), ['read', 'written'])
  assert.equal(lasting.get('idle'), 1)
})

test('what is in use is kept by a clock that goes back, and nothing is forgotten after the end', async () => {
  const clock = manualClock()
  const cache = createSizedCache<string, string>(10, ({ length }) => length)
  const forgetting = forgetIdle(clock)
  cache.set('a', 'four')
  cache.set('b', 'four')
  cache.set('c', 'four')
  assert.deepEqual([...cache.keys()], ['c', 'b'])

  clock.advance(-600 * MINUTE_MS)
  clock.advance(20 * MINUTE_MS)
  await swept()
  assert.equal(cache.size, 2)
  forgetting[Symbol.dispose]()
  clock.advance(600 * MINUTE_MS)
  await swept()

  assert.equal(cache.size, 2)
})
