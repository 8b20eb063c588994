import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatrixError } from '../errors.ts'
import { atMost, eventsPositionOf, eventsToken, formatToken, parseToken, START } from './token.ts'

const token = {
  events: 1000,
  accountData: 5,
  receipts: 36,
  toDevice: 1,
  deviceLists: 0,
  presence: 7,
  typing: 2 ** 41,
}

// The first of this file: a process that has written no token yet remembers none.
test('no text is no token, also before the first one was written', () => {
  assert.throws(() => parseToken(''), MatrixError)
})

test('a token is read back as it was written', () => {
  assert.equal(formatToken({ ...token, typing: 9 }), 's1_rs_5_10_1_0_7_9')
  assert.deepEqual(parseToken(formatToken(token)), token)
})

test('a token serves as a place in the events of a room, also before the first live event', () => {
  assert.equal(eventsPositionOf(formatToken(token)), 1000)
  assert.equal(eventsPositionOf(eventsToken(-40)), -40)
})

test('what is no token of ours is refused with M_INVALID_PARAM', () => {
  const bad = [
    '',
    's1',
    's1_1',
    's2_1_1_1_1_1_1_1',
    's1_1_1_1_1_1_1_1_1',
    's1_A_1_1_1_1_1_1',
    's1_zzzzzzzzzzz_1_1_1_1_1_1',
  ]
  for (const text of bad) {
    assert.throws(
      () => parseToken(text),
      (error) => error instanceof MatrixError && error.status === 400 && error.errcode === 'M_INVALID_PARAM',
      text,
    )
  }
})

test('a token from a future that was lost with a restored backup counts as now', () => {
  const now = { ...START, events: 10, typing: 50 }
  assert.deepEqual(atMost({ ...START, events: 20, typing: 40 }, now), { ...START, events: 10, typing: 40 })
  assert.equal(atMost({ ...START, typing: 51 }, now).typing, 0)
})
