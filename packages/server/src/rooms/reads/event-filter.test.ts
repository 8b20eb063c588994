import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import { MatrixError } from '../../errors.ts'
import { parseRoomEventFilter, roomEventFilter } from './event-filter.ts'

const event = (over: Partial<RoomEvent>) =>
  ({ type: 'm.room.message', sender: '@a:x', roomId: '!r:x', content: {}, ...over }) as RoomEvent

function passes(definition: object, over: object = {}): boolean {
  return roomEventFilter(definition as never).matches(event(over))
}

test('an absent list lets everything pass, an empty one nothing, and the not-list wins', () => {
  assert.equal(passes({}), true)
  assert.equal(passes({ types: [] }), false)
  assert.equal(passes({ types: ['m.room.message'], not_types: ['m.room.*'] }), false)
  assert.equal(passes({ senders: ['@a:x'], not_senders: ['@a:x'] }), false)
  assert.equal(passes({ rooms: ['!r:x'] }), true)
  assert.equal(passes({ not_rooms: ['!r:x'] }), false)
})

test('stars in types stand for any text, also for none', () => {
  const rows: [string, string, boolean][] = [
    ['*', '', true],
    ['m.*', 'm.', true],
    ['m.*', 'm', false],
    ['*.message', 'm.room.message', true],
    ['m*room*age', 'm.room.message', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'abcb', false],
    ['a**c', 'abc', true],
    ['m.room.?', 'm.room.a', false],
  ]
  for (const [pattern, type, expected] of rows)
    assert.equal(passes({ types: [pattern] }, { type }), expected, `${pattern} ~ ${type}`)
})

test('a url counts only as text', () => {
  assert.equal(passes({ contains_url: true }, { content: { url: 'mxc://x/y' } }), true)
  assert.equal(passes({ contains_url: true }, { content: { url: 1 } }), false)
  assert.equal(passes({ contains_url: false }, { content: {} }), true)
})

test('what is no filter is refused by name', () => {
  const refused = (text: string, errcode: string) =>
    assert.throws(
      () => parseRoomEventFilter(text),
      (error) => error instanceof MatrixError && error.status === 400 && error.errcode === errcode,
      text,
    )
  refused('{', 'M_NOT_JSON')
  for (const text of [
    '[]',
    '1',
    '{"types":"x"}',
    '{"types":[1]}',
    '{"senders":["a"]}',
    '{"rooms":["#a:x"]}',
    '{"limit":-1}',
    '{"limit":1.5}',
    '{"limit":"1"}',
    '{"contains_url":1}',
    '{"lazy_load_members":"yes"}',
  ])
    refused(text, 'M_BAD_JSON')
  assert.equal(parseRoomEventFilter(undefined).matchesAll, true)
  assert.equal(parseRoomEventFilter('{"unknown":1,"limit":5}').limit, 5)
})
