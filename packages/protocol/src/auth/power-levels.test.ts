import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { findRoomVersion } from '../room-version/versions.ts'
import { parsePowerLevel, powerLevelsIn } from './power-levels.ts'
import { ALICE, BOB, CAROL, TestRoom, versions } from './test-room.ts'

const levelsOf = (room: TestRoom) => powerLevelsIn(room.lookup, room.rules)

test('versions 1–9 read integers, fractions and integer texts; later ones read integers only', () => {
  const readable: [unknown, number | undefined][] = [
    [50, 50],
    [-7, -7],
    [50.99, 50],
    [-0.5, -0],
    [51146.98, 51146],
    ['100', 100],
    ['000100', 100],
    [' +100\t', 100],
    ['-100 ', -100],
    ['1e3', undefined],
    ['1.5', undefined],
    ['', undefined],
    ['--1', undefined],
    ['+ 1', undefined],
    ['9'.repeat(400), undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [null, undefined],
    [true, undefined],
    [[50], undefined],
    [{}, undefined],
    [undefined, undefined],
  ]
  for (const version of versions(1)) {
    const rules = findRoomVersion(version)!
    for (const [value, old] of readable) {
      const expected = Number(version) <= 9 || typeof value === 'number' ? old : undefined
      const isFraction = typeof value === 'number' && !Number.isInteger(value)
      const wanted = Number(version) >= 10 && isFraction ? undefined : expected
      assert.equal(parsePowerLevel(value, rules) ?? 'none', wanted ?? 'none', `${version}: ${value}`)
    }
  }
})

test('absent levels have the defaults of the specification, with and without a power levels event', () => {
  for (const version of versions(1)) {
    for (const room of [new TestRoom(version), new TestRoom(version).powerLevels({})]) {
      const levels = levelsOf(room)

      assert.deepEqual([levels.ban, levels.kick, levels.redact, levels.invite], [50, 50, 50, 0])
      assert.equal(levels.eventLevel('m.room.name', true), 50)
      assert.equal(levels.eventLevel('m.room.message', false), 0)
      assert.equal(levels.notificationLevel('room'), 50)
      assert.equal(levels.userLevel(BOB), 0)
    }
  }
})

test('without power levels the creator has 100, in version 12 more than any number', () => {
  for (const version of versions(1)) {
    const isEndless = version === '12'

    assert.equal(levelsOf(new TestRoom(version)).userLevel(ALICE), isEndless ? Number.POSITIVE_INFINITY : 100)
    assert.equal(
      levelsOf(new TestRoom(version).powerLevels({})).userLevel(ALICE),
      isEndless ? Number.POSITIVE_INFINITY : 0,
    )
  }
})

test('the creator is whom the create event names up to version 10, later who sent it', () => {
  for (const version of versions(1, 11)) {
    const levels = levelsOf(new TestRoom(version, { creator: BOB }))

    assert.deepEqual(
      [levels.userLevel(BOB), levels.userLevel(ALICE)],
      Number(version) <= 10 ? [100, 0] : [0, 100],
    )
  }
})

test('additional creators count from version 12', () => {
  for (const version of versions(1)) {
    const levels = levelsOf(new TestRoom(version, { additional_creators: [BOB] }).powerLevels({}))

    assert.equal(levels.userLevel(BOB), version === '12' ? Number.POSITIVE_INFINITY : 0)
    assert.equal(levels.userLevel(CAROL), 0)
  }
})

test('levels are read from users, events and notifications before the defaults', () => {
  const room = new TestRoom('11').powerLevels({
    users: { [BOB]: 30 },
    users_default: 5,
    events: { 'm.room.name': 31, 'm.room.message': 32 },
    events_default: 6,
    state_default: 7,
    notifications: { room: 33 },
    invite: 34,
  })
  const levels = levelsOf(room)

  assert.deepEqual([levels.userLevel(BOB), levels.userLevel(CAROL)], [30, 5])
  assert.deepEqual([levels.eventLevel('m.room.name', true), levels.eventLevel('x', true)], [31, 7])
  assert.deepEqual([levels.eventLevel('m.room.message', false), levels.eventLevel('x', false)], [32, 6])
  assert.deepEqual([levels.notificationLevel('room'), levels.notificationLevel('x')], [33, 50])
  assert.equal(levels.invite, 34)
})

test('unreadable values and names every object has count as absent', () => {
  const broken: JsonObject = { users: [], events: 'no', notifications: null, ban: {}, users_default: 'x' }
  const levels = levelsOf(new TestRoom('11').powerLevels(broken))

  assert.equal(levels.ban, 50)
  assert.equal(levels.userLevel(BOB), 0)
  for (const name of ['__proto__', 'constructor', 'toString', 'length']) {
    assert.equal(levels.eventLevel(name, true), 50)
    assert.equal(levels.notificationLevel(name), 50)
    assert.equal(levels.userLevel(name), 0)
  }
})

test('the levels of the same two events are read once', () => {
  const room = new TestRoom('11').powerLevels({ ban: 1 })
  const first = levelsOf(room)

  assert.equal(levelsOf(room), first)
  assert.notEqual(levelsOf(room.powerLevels({ ban: 1 })), first)
})

test('levels kept for one create event are not used for another', () => {
  const room = new TestRoom('12').powerLevels({})
  assert.equal(levelsOf(room).userLevel(BOB), 0)

  room.put({
    type: 'm.room.create',
    sender: BOB,
    stateKey: '',
    content: { room_version: '12' },
    eventId: `$${'c'.repeat(43)}`,
  })

  assert.equal(levelsOf(room).userLevel(BOB), Number.POSITIVE_INFINITY)
})
