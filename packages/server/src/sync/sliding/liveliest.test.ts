import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveliest } from './liveliest.ts'

test('the first of a list are those with the newest activity, and only they are put in order', () => {
  const activities = Array.from({ length: 2_000 }, (_, n) => (n * 7_919) % 2_003)
  let compared = 0
  const rooms = activities.map((activity) => ({
    get activity() {
      compared++
      return activity
    },
  }))
  const inOrder = activities.toSorted((a, b) => b - a)
  const first = (count: number) => liveliest(rooms, count).map(({ activity }) => activity)

  for (const count of [0, 1, 20, 999, 1_000, 1_999, 2_000, 3_000])
    assert.deepEqual(first(count), inOrder.slice(0, count), String(count))

  compared = 0
  liveliest(rooms, 20)
  assert.ok(compared < 3 * rooms.length, `${compared} looks at activities`)
})

test('of rooms that are equally lively no more are given than wanted, in the order they came', () => {
  const rooms = Array.from({ length: 10 }, (_, n) => ({ n, activity: n < 3 ? 5 : 4 }))

  assert.deepEqual(
    liveliest(rooms, 4).map(({ n }) => n),
    [0, 1, 2, 3],
  )
})
