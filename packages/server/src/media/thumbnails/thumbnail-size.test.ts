import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Size, thumbnailSize } from './thumbnail-size.ts'

const size = (width: number, height: number): Size => ({ width, height })

test('the sizes of the specification are made exactly', () => {
  const original = size(4000, 3000)
  for (const [width, height] of [
    [320, 240],
    [640, 480],
    [800, 600],
  ] as const)
    assert.deepEqual(thumbnailSize(original, size(width, height), 'scale'), size(width, height))
  for (const side of [32, 96])
    assert.deepEqual(thumbnailSize(original, size(side, side), 'crop'), size(side, side))
})

test('what is asked between two sizes gets the larger, beyond all of them the original', () => {
  const original = size(4000, 3000)
  assert.deepEqual(thumbnailSize(original, size(321, 100), 'scale'), size(320, 240))
  assert.deepEqual(thumbnailSize(original, size(321, 241), 'scale'), size(640, 480))
  assert.deepEqual(thumbnailSize(original, size(33, 97), 'crop'), size(64, 160))
  assert.equal(thumbnailSize(original, size(3000, 3000), 'scale'), undefined)
  assert.equal(thumbnailSize(original, size(1281, 10), 'crop'), undefined)
})

test('a thumbnail is smaller than the picture, at least as large as asked, and one of few', () => {
  const side = fc.integer({ min: 1, max: 5000 })
  const sizes = fc.record({ width: side, height: side })
  const made = new Set<string>()
  fc.assert(
    fc.property(
      sizes,
      sizes,
      fc.constantFrom('crop' as const, 'scale' as const),
      (original, asked, method) => {
        const box = thumbnailSize(original, asked, method)
        if (box === undefined) return
        made.add(`${method} ${box.width}x${box.height}`)
        const factor = (into: Size) =>
          Math[method === 'crop' ? 'max' : 'min'](into.width / original.width, into.height / original.height)
        assert.ok(factor(box) <= 1)
        assert.ok(factor(box) >= factor(asked))
        if (method === 'crop') assert.ok(box.width >= asked.width && box.height >= asked.height)
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(made.size <= 6 + 7 * 7)
})
