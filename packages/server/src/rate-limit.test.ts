import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from './clock.ts'
import { MatrixError } from './errors.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS, type RateLimits } from './rate-limit.ts'

function limits(maxEntries?: number) {
  const clock = manualClock()
  const config = { ...DEFAULT_RATE_LIMITS, rc_message: { perSecond: 0.5, burst: 3 } }
  return { clock, limits: createRateLimits(config, { clock, maxEntries }) }
}

/** How long the caller is told to wait; 0 when he may go on. */
function waitOf(rateLimits: RateLimits, id: string, override?: Parameters<RateLimits['check']>[2]): number {
  try {
    rateLimits.check('rc_message', id, override)
    return 0
  } catch (error) {
    assert.ok(error instanceof MatrixError)
    assert.deepEqual([error.status, error.errcode], [429, 'M_LIMIT_EXCEEDED'])
    return Number(error.fields['retry_after_ms'])
  }
}

test('a burst passes, then as many as the rate allows', () => {
  const { clock, limits: rateLimits } = limits()

  for (let i = 0; i < 3; i++) assert.equal(waitOf(rateLimits, 'alice'), 0)
  assert.equal(waitOf(rateLimits, 'alice'), 2000)
  clock.advance(1999)
  assert.equal(waitOf(rateLimits, 'alice'), 1)
  clock.advance(1)
  assert.equal(waitOf(rateLimits, 'alice'), 0)
  assert.equal(waitOf(rateLimits, 'alice'), 2000)
})

test('users and limits are counted apart', () => {
  const { limits: rateLimits } = limits()

  for (let i = 0; i < 4; i++) waitOf(rateLimits, 'alice')

  assert.equal(waitOf(rateLimits, 'bob'), 0)
  rateLimits.check('rc_registration', 'alice')
})

test('an account may have a limit of its own, or none', () => {
  const { limits: rateLimits } = limits()

  for (let i = 0; i < 50; i++) assert.equal(waitOf(rateLimits, 'alice', 'none'), 0)
  assert.equal(waitOf(rateLimits, 'bob', { perSecond: 1, burst: 1 }), 0)
  assert.equal(waitOf(rateLimits, 'bob', { perSecond: 1, burst: 1 }), 1000)
  assert.ok(waitOf(rateLimits, 'eve', { perSecond: 0, burst: 0 }) > 0)
})

test('looking does not count', () => {
  const { limits: rateLimits } = limits()

  for (let i = 0; i < 50; i++) rateLimits.checkOnly('rc_message', 'alice')
  for (let i = 0; i < 3; i++) assert.equal(waitOf(rateLimits, 'alice'), 0)

  assert.throws(() => rateLimits.checkOnly('rc_message', 'alice'), MatrixError)
})

test('only so many ids are remembered, the quiet ones are forgotten first', () => {
  const { limits: rateLimits } = limits(2)

  for (let i = 0; i < 3; i++) waitOf(rateLimits, 'alice')
  waitOf(rateLimits, 'bob')
  assert.notEqual(waitOf(rateLimits, 'alice'), 0)
  waitOf(rateLimits, 'carol')

  assert.notEqual(waitOf(rateLimits, 'alice'), 0, 'alice was active and is still known')
})

test('a clock that goes back neither frees nor locks out', () => {
  const { clock, limits: rateLimits } = limits()
  for (let i = 0; i < 3; i++) waitOf(rateLimits, 'alice')

  clock.advance(-60_000)

  assert.equal(waitOf(rateLimits, 'alice'), 2000)
  clock.advance(2000)
  assert.equal(waitOf(rateLimits, 'alice'), 0)
})

test('who has been quiet for long enough is counted no longer', () => {
  const { clock, limits: rateLimits } = limits()
  for (const id of ['alice', 'bob', 'carol']) waitOf(rateLimits, id)
  for (let i = 0; i < 2; i++) rateLimits.check('rc_login.address', 'alice')

  clock.advance(60_000)
  waitOf(rateLimits, 'dave')

  assert.equal(rateLimits.counted, 2, 'dave, and the address that is not drained yet')
  for (let i = 0; i < 3; i++) rateLimits.check('rc_login.address', 'alice')
  assert.throws(() => rateLimits.check('rc_login.address', 'alice'), MatrixError)
})
