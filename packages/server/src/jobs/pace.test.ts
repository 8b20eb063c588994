import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace, rest } from './pace.ts'

/** A kind of job that does `rowsPerMs` of its usual 100 rows, and waits for flushes; its last share and all its rests. */
function runSteps(pace: Pace, steps: number, { rowsPerMs, flushMs }: { rowsPerMs: number; flushMs: number }) {
  let nowMs = 0
  let restedMs = 0
  for (let i = 0; i < steps; i++) {
    const workMs = (100 * pace.shareOf('a', nowMs)) / rowsPerMs
    const restMs = pace.note('a', { workMs, waitedMs: flushMs }, nowMs)
    restedMs += restMs
    nowMs += workMs + flushMs + restMs
  }
  return { share: pace.shareOf('a', nowMs), restedMs, nowMs }
}

test('steps that take long become smaller, and grow again when they do not', () => {
  const pace = new Pace()

  assert.equal(pace.shareOf('a', 0), 1)
  assert.equal(pace.note('a', { workMs: 80, waitedMs: 0 }, 0), 80)
  assert.equal(pace.shareOf('a', 0), 0.25)
  assert.equal(pace.shareOf('b', 0), 1)
  assert.equal(runSteps(pace, 20, { rowsPerMs: 5, flushMs: 5 }).share, 1)
  assert.equal(runSteps(pace, 20, { rowsPerMs: 0.02, flushMs: 5 }).share, 1 / 5)
  assert.equal(pace.note('a', { workMs: 5_000, waitedMs: 0 }, 0), 250)
})

test('a slow disk makes steps neither smaller nor rest for long', () => {
  const [quick, slow] = [new Pace(), new Pace()].map((pace, i) =>
    runSteps(pace, 50, { rowsPerMs: 10, flushMs: i === 0 ? 2 : 80 }),
  )

  assert.equal(slow!.share, quick!.share)
  assert.ok(slow!.restedMs <= 50 * 2 * 20)
})

test('where the work is quick, a step does more, up to what others may wait for', () => {
  const pace = new Pace()

  assert.equal(runSteps(pace, 30, { rowsPerMs: 1_000, flushMs: 5 }).share, 2)
  const { share } = runSteps(new Pace(), 30, { rowsPerMs: 7.5, flushMs: 5 })
  assert.ok(Math.abs(share - 1.5) < 1e-9, String(share))
})

test('after a pause, and for steps that work elsewhere, a piece is no larger than usual', () => {
  const pace = new Pace()
  const { nowMs } = runSteps(pace, 30, { rowsPerMs: 1_000, flushMs: 5 })
  for (let i = 0; i < 30; i++) pace.note('elsewhere', { workMs: 1, waitedMs: 5, onlySaved: true }, 0)

  assert.equal(pace.shareOf('a', nowMs), 2)
  assert.equal(pace.shareOf('a', nowMs + 60_000), 1)
  assert.equal(pace.shareOf('elsewhere', 0), 1)
})

test('a rest ends at once when the work is to stop', async () => {
  const stopping = new AbortController()
  const resting = rest(3_600_000, stopping.signal)

  stopping.abort()

  await resting
  await rest(3_600_000, stopping.signal)
})
