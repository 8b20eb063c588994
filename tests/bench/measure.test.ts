import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachOfRounds, eachRows } from './each.ts'
import { lanes, median, quantile } from './measure.ts'

test('a quantile is one of the values, and the median lies in the middle', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)

  assert.deepEqual(
    [0.5, 0.95, 0.99].map((q) => quantile(hundred, q)),
    [50, 95, 99],
  )
  assert.deepEqual([quantile([7], 0.99), quantile([], 0.5)], [7, Number.NaN])
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, Number.NaN])
})

test('a round notes what each of its times is about, and leaves out what failed', async (t) => {
  t.mock.method(console, 'error', () => {})
  const operation = async (lane: number, n: number) => {
    if (lane === 0 && n === 1) throw new Error('it failed')
  }

  const { times, errors, which } = await lanes(2, { each: 3 }, operation, (lane, n) => lane * 3 + n)

  assert.equal(times.length, 5)
  assert.equal(errors, 1)
  assert.deepEqual(which!.toSorted(), [0, 2, 3, 4, 5])
})

test('each of the things that a scenario goes through has a line, with the targets side by side', () => {
  const round = { times: [1, 20, 3], errors: 0, wallMs: 24, which: [0, 1, 0] }
  const each = eachOfRounds(['/quick', '/slow', '/never'], [round, round])

  const rows = eachRows([
    { scenario: 'pages', target: 'one', each },
    { scenario: 'pages', target: 'other', each },
  ])

  assert.deepEqual(each[0], { what: '/quick', asked: 4, p50Ms: 1, p95Ms: 3, p99Ms: 3 })
  assert.deepEqual(rows[1], {
    scenario: 'pages',
    what: '/slow',
    'one: asked': 2,
    'one: ms p50': '20.00',
    'one: p95': '20.00',
    'one: p99': '20.00',
    'other: asked': 2,
    'other: ms p50': '20.00',
    'other: p95': '20.00',
    'other: p99': '20.00',
  })
  assert.equal(rows[2]!['one: p99'], '')
})
