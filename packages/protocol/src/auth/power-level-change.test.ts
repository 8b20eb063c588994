import { test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { ALICE, BOB, CAROL, TestRoom, versions } from './test-room.ts'

const SCALARS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const
const change = (sender: string, content: JsonObject) => ({
  type: 'm.room.power_levels',
  sender,
  stateKey: '',
  content,
})

/** Bob has 50 and may change power levels. */
function roomOfBob(version: string, levels: JsonObject = {}): TestRoom {
  const { users, ...rest } = levels
  const room = new TestRoom(version).member(BOB, 'join').member(CAROL, 'join')
  return room.powerLevels({ users: { [BOB]: 50, ...(users as JsonObject) }, ...rest })
}

for (const version of versions(1)) {
  const number = Number(version)

  test(`v${version}: users is a map of user ids to levels`, () => {
    const room = new TestRoom(version)

    room.allows(change(ALICE, {}))
    room.allows(change(ALICE, { users: {} }))
    room.allows(change(ALICE, { users: { [BOB]: 50, '@odd name:two.test:8448': -1 } }))
    for (const users of [
      null,
      [],
      'x',
      { bob: 1 },
      { '@bob': 1 },
      { [BOB]: null },
      { [BOB]: '5x' },
      { [BOB]: {} },
    ]) {
      room.refuses(change(ALICE, { users }), 'bad-power-levels')
    }
  })

  test(`v${version}: integer texts and fractions are levels only before version 10`, () => {
    const room = new TestRoom(version)
    for (const value of ['50', ' +50 ', 50.5]) {
      const contents: JsonObject[] = [{ users: { [BOB]: value } }, { events: { 'm.room.name': value } }]
      for (const key of SCALARS) contents.push({ [key]: value })
      for (const content of contents) {
        if (number <= 9) room.allows(change(ALICE, content))
        else room.refuses(change(ALICE, content), 'bad-power-levels')
      }
    }
  })

  test(`v${version}: a level that cannot be read is refused`, () => {
    const room = new TestRoom(version)
    for (const value of [null, 'high', {}, [1], true, Number.POSITIVE_INFINITY]) {
      for (const key of SCALARS) room.refuses(change(ALICE, { [key]: value }), 'bad-power-levels')
      room.refuses(change(ALICE, { events: { x: value } }), 'bad-power-levels')
    }
    room.refuses(change(ALICE, { events: [] }), 'bad-power-levels')
  })

  test(`v${version}: notifications are looked at from version 6`, () => {
    const room = roomOfBob(version, { notifications: { room: 20 } })
    const users = { [BOB]: 50 }

    room.allows(change(BOB, { users, notifications: { room: 50 } }))
    const tooHigh = change(BOB, { users, notifications: { room: 51 } })
    const broken = change(BOB, { users, notifications: { room: 'loud' } })
    if (number >= 6) {
      room.refuses(tooHigh, 'power-levels-above-own')
      room.refuses(broken, 'bad-power-levels')
      roomOfBob(version, { notifications: { room: 51 } }).refuses(
        change(BOB, { users }),
        'power-levels-above-own',
      )
    } else {
      room.allows(tooHigh)
      room.allows(broken)
    }
  })

  test(`v${version}: the first power levels of a room are free`, () => {
    const room = new TestRoom(version)

    room.allows(change(ALICE, { ban: 1000, users: { [BOB]: 1000 }, events: { x: 1000 } }))
  })

  test(`v${version}: no level above one's own is set, changed or removed`, () => {
    const users = { [BOB]: 50 }
    for (const key of SCALARS) {
      roomOfBob(version, { [key]: 50 }).allows(change(BOB, { users, [key]: 0 }))
      roomOfBob(version, { [key]: 0 }).allows(change(BOB, { users, [key]: 50 }))
      roomOfBob(version).allows(change(BOB, { users, [key]: 50 }))
      roomOfBob(version, { [key]: 50 }).allows(change(BOB, { users }))
      roomOfBob(version, { [key]: 0 }).refuses(change(BOB, { users, [key]: 51 }), 'power-levels-above-own')
      roomOfBob(version).refuses(change(BOB, { users, [key]: 51 }), 'power-levels-above-own')
      // Of these, only state_default would keep Bob from sending the event at all.
      if (key !== 'state_default') {
        roomOfBob(version, { [key]: 51 }).allows(change(BOB, { users, [key]: 51 }))
        roomOfBob(version, { [key]: 51 }).refuses(change(BOB, { users }), 'power-levels-above-own')
        roomOfBob(version, { [key]: 51 }).refuses(change(BOB, { users, [key]: 50 }), 'power-levels-above-own')
      }
    }
  })

  test(`v${version}: no event level above one's own is set, changed or removed`, () => {
    const users = { [BOB]: 50 }
    const high = roomOfBob(version, { events: { x: 51 } })

    high.allows(change(BOB, { users, events: { x: 51, y: 50 } }))
    high.refuses(change(BOB, { users, events: { x: 50 } }), 'power-levels-above-own')
    high.refuses(change(BOB, { users, events: {} }), 'power-levels-above-own')
    high.refuses(change(BOB, { users }), 'power-levels-above-own')
    high.refuses(change(BOB, { users, events: { x: 51, y: 51 } }), 'power-levels-above-own')
  })

  test(`v${version}: users below one's own level are changed, those at it are not, except oneself`, () => {
    const room = roomOfBob(version, { users: { [CAROL]: 49, '@equal:one.test': 50 } })
    const rest = { [BOB]: 50, [CAROL]: 49, '@equal:one.test': 50 }

    room.allows(change(BOB, { users: { ...rest, [CAROL]: 50 } }))
    room.allows(change(BOB, { users: { [BOB]: 50, '@equal:one.test': 50 } }))
    room.allows(change(BOB, { users: { ...rest, [BOB]: 10 } }))
    room.allows(change(BOB, { users: { [CAROL]: 49, '@equal:one.test': 50 } }))
    room.allows(change(BOB, { users: { ...rest, '@new:one.test': 50 } }))
    room.refuses(change(BOB, { users: { ...rest, [CAROL]: 51 } }), 'power-levels-above-own')
    room.refuses(change(BOB, { users: { ...rest, [BOB]: 51 } }), 'power-levels-above-own')
    room.refuses(change(BOB, { users: { ...rest, '@new:one.test': 51 } }), 'power-levels-above-own')
    room.refuses(change(BOB, { users: { ...rest, '@equal:one.test': 49 } }), 'power-levels-above-own')
    room.refuses(change(BOB, { users: { [BOB]: 50, [CAROL]: 49 } }), 'power-levels-above-own')
  })

  test(`v${version}: who may not send state may not change power levels`, () => {
    roomOfBob(version).refuses(change(CAROL, { users: { [BOB]: 50 } }), 'insufficient-power')
  })
}

test('v1–9: a level written in another way is no change', () => {
  for (const version of versions(1, 9)) {
    const room = roomOfBob(version, { ban: 80, users: { [ALICE]: '100' } })

    room.allows(change(BOB, { ban: '80', users: { [BOB]: '50', [ALICE]: 100.4 } }))
    room.refuses(change(BOB, { ban: '81', users: { [BOB]: '50', [ALICE]: 100 } }), 'power-levels-above-own')
  }
})

test('v12: no creator has a power level; before they do', () => {
  for (const version of versions(1)) {
    const room = new TestRoom(version, { additional_creators: [BOB] })

    for (const userId of [ALICE, BOB]) {
      const draft = change(ALICE, { users: { [userId]: 100 } })
      if (version === '12') room.refuses(draft, 'creator-in-power-levels')
      else room.allows(draft)
    }
    room.allows(change(ALICE, { users: { [CAROL]: 100 } }))
  }
})

test('v12: creators change every level', () => {
  const room = new TestRoom('12').powerLevels({
    ban: 9000,
    users: { [BOB]: 9007199254740991 },
    events: { x: 9000 },
  })

  room.allows(change(ALICE, { users: { [CAROL]: 9007199254740991 } }))
})

test('a name every object has is an entry only where it is written', () => {
  const room = roomOfBob('11')
  const users = { [BOB]: 50 }
  const proto = JSON.parse('{"__proto__": 51}') as JsonObject

  room.allows(change(BOB, { users, events: { constructor: 50, toString: 0 } }))
  room.refuses(change(BOB, { users, events: { constructor: 51 } }), 'power-levels-above-own')
  room.refuses(change(BOB, { users, events: proto }), 'power-levels-above-own')
})
