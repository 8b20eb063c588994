import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace, rest } from './pace.ts'

test('steps that take long become smaller, and grow again when they do not', () => {
  const pace = new Pace()

  assert.equal(pace.shareOf('a'), 1)
  assert.equal(pace.note('a', 40), 40)
  assert.equal(pace.shareOf('a'), 0.25)
  assert.equal(pace.shareOf('b'), 1)
  for (let i = 0; i < 20; i++) pace.note('a', 3)
  assert.equal(pace.shareOf('a'), 1)
  for (let i = 0; i < 20; i++) pace.note('a', 5_000)
  assert.equal(pace.shareOf('a'), 1 / 5)
  assert.equal(pace.note('a', 5_000), 250)
})

test('a rest ends at once when the work is to stop', async () => {
  const stopping = new AbortController()
  const resting = rest(3_600_000, stopping.signal)

  stopping.abort()

  await resting
  await rest(3_600_000, stopping.signal)
})
