import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from './clock.ts'
import { LateWrites } from './late-writes.ts'

const AFTER_MS = 5_000

function lateWrites() {
  const clock = manualClock()
  const world = { written: [] as (readonly [string, number])[][], errors: 0, isAway: false }
  const rows = new LateWrites<string, number>({
    clock,
    afterMs: AFTER_MS,
    async write(some) {
      if (world.isAway) throw new Error('away')
      world.written.push([...some])
    },
    onError: () => world.errors++,
  })
  return { clock, rows, world }
}

test('rows wait for others and are written together, the last of each key', async () => {
  const { clock, rows, world } = lateWrites()

  rows.set('a', 1)
  rows.set('b', 1)
  rows.set('a', 2)
  clock.advance(AFTER_MS)
  await rows.settle()

  assert.deepEqual(world.written, [
    [
      ['a', 2],
      ['b', 1],
    ],
  ])
})

test('what cannot be written waits, keeps no reader from reading, and is written when that is possible again', async () => {
  const { clock, rows, world } = lateWrites()
  rows.set('a', 1)
  rows.set('b', 1)

  world.isAway = true
  await rows.settle()
  await assert.rejects(rows.flush(), /away/)
  rows.set('a', 2)
  world.isAway = false
  clock.advance(AFTER_MS)
  await rows.settle()
  await rows.flush()

  assert.equal(world.errors, 1)
  assert.deepEqual(world.written, [
    [
      ['b', 1],
      ['a', 2],
    ].sort(),
  ])
})

test('an end that cannot write is an end all the same', async () => {
  const { rows, world } = lateWrites()
  rows.set('a', 1)
  world.isAway = true

  await rows[Symbol.asyncDispose]()

  assert.equal(world.errors, 1)
})
