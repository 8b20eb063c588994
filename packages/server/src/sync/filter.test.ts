import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatrixError } from '../errors.ts'
import { matchesEvent, matchesRoom } from '../rooms/reads/filter-match.ts'
import { matchesPattern } from '../wildcards.ts'
import { parseRoomEventFilter, parseSyncFilter } from './filter.ts'
import { pickFields } from './pick-fields.ts'

const event = (type: string, sender = '@a:x', content = {}) => ({ type, sender, content })

test('types and senders choose events, and the not-lists win', () => {
  const filter = parseRoomEventFilter({
    types: ['m.room.*', 'm.sticker'],
    not_types: ['m.room.member'],
    senders: ['@a:x', '@b:x'],
    not_senders: ['@b:x'],
  })
  assert.equal(matchesEvent(filter, event('m.room.message')), true)
  assert.equal(matchesEvent(filter, event('m.sticker')), true)
  assert.equal(matchesEvent(filter, event('m.room.member')), false)
  assert.equal(matchesEvent(filter, event('m.reaction')), false)
  assert.equal(matchesEvent(filter, event('m.room.message', '@b:x')), false)
  assert.equal(matchesEvent(filter, event('m.room.message', '@c:x')), false)
})

test('an empty list of types matches nothing, an absent one everything', () => {
  assert.equal(matchesEvent(parseRoomEventFilter({ types: [] }), event('m.room.message')), false)
  assert.equal(matchesEvent(parseRoomEventFilter({}), event('m.room.message')), true)
})

test('very many types are looked up as one, and very many with a star are refused', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `t${i}`)
  const filter = parseRoomEventFilter({ not_types: [...many, 'm.*'.padEnd(5_000, '*')] })
  assert.deepEqual(
    ['t19999', 't20000', 'm.room.x'].map((type) => matchesEvent(filter, event(type))),
    [false, true, false],
  )
  assert.throws(
    () => parseRoomEventFilter({ types: many.slice(0, 101).map((type) => `${type}*`) }),
    MatrixError,
  )
})

test('contains_url looks for a url that is a string', () => {
  const withUrl = event('m.room.message', '@a:x', { url: 'mxc://x/y' })
  const odd = event('m.room.message', '@a:x', { url: 5 })
  const wants = parseRoomEventFilter({ contains_url: true })
  const refuses = parseRoomEventFilter({ contains_url: false })
  assert.deepEqual([matchesEvent(wants, withUrl), matchesEvent(wants, odd)], [true, false])
  assert.deepEqual([matchesEvent(refuses, withUrl), matchesEvent(refuses, odd)], [false, true])
})

test('rooms are chosen likewise', () => {
  const { room } = parseSyncFilter({ room: { rooms: ['!a', '!b'], not_rooms: ['!b'] } })
  assert.deepEqual(
    ['!a', '!b', '!c'].map((id) => matchesRoom(room, id)),
    [true, false, false],
  )
})

test('stars stand for any text and nothing else is special', () => {
  assert.equal(matchesPattern('m.*.b*', 'm.a.a.bc'), true)
  assert.equal(matchesPattern('*', ''), true)
  assert.equal(matchesPattern('', ''), true)
  assert.equal(matchesPattern('m.room', 'm.room.x'), false)
  assert.equal(matchesPattern('m.r?om', 'm.room'), false)
  assert.equal(matchesPattern('*a', 'ab'), false)
  assert.equal(matchesPattern(`${'a*'.repeat(50)}b`, 'a'.repeat(2000)), false)
})

test('a filter of the wrong shape is refused with M_BAD_JSON', () => {
  const bad: unknown[] = [
    [],
    { room: [] },
    { room: { timeline: { limit: -1 } } },
    { room: { timeline: { limit: 1.5 } } },
    { room: { timeline: { types: 'm.room.message' } } },
    { room: { rooms: ['not a room'] } },
    { presence: { senders: ['bob'] } },
    { room: { include_leave: 'yes' } },
    { event_format: 'xml' },
    { event_fields: [1] },
  ]
  for (const filter of bad) {
    assert.throws(
      () => parseSyncFilter(filter),
      (error) => error instanceof MatrixError && error.errcode === 'M_BAD_JSON',
      JSON.stringify(filter),
    )
  }
  parseSyncFilter({ unknown: 1, room: { timeline: { also_unknown: {} } } })
})

test('event_fields keep only what their paths name', () => {
  const { eventFields } = parseSyncFilter({
    event_fields: ['type', 'content.body', 'content.m\\.x.y', 'absent.z'],
  })
  const whole = { type: 't', sender: 's', content: { body: 'b', 'm.x': { y: 1, z: 2 }, other: 3 } }
  assert.deepEqual(pickFields(whole, eventFields!), { type: 't', content: { body: 'b', 'm.x': { y: 1 } } })
  assert.deepEqual(pickFields({ sender: 's', content: { other: 3 } }, eventFields!), {})
  assert.deepEqual(
    pickFields(JSON.parse('{"__proto__":{"a":1}}'), [['__proto__', 'a']])['__proto__' as never],
    { a: 1 },
  )
})
