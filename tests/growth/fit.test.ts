import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from './fit.ts'

const SIZES = [10, 100, 1_000, 10_000]
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 0.01, `${actual} is not about ${expected}`)

test('what is flat has the exponent 0, what is linear 1, a root a half', () => {
  near(growthOf(SIZES, [3, 3, 3, 3], 0.01).exponent, 0)
  near(growthOf(SIZES, [20, 200, 2_000, 20_000], 0.01).exponent, 1)
  near(growthOf(SIZES, SIZES.map(Math.sqrt), 0.01).exponent, 0.5)
})

test('the end tells of what was hidden below a constant', () => {
  const { exponent, atEnd } = growthOf(
    SIZES,
    SIZES.map((size) => 5 + size / 100),
    0.01,
  )

  assert.ok(exponent < 0.5)
  near(atEnd, Math.log10(105 / 15))
})

test('what costs nothing at some sizes is not infinitely dearer at the others', () => {
  assert.equal(growthOf(SIZES, [0, 0, 0, 0], 0.05).exponent, 0)
  near(growthOf(SIZES, [0, 0, 0.05, 0.5], 0.05).atEnd, 1)
})
