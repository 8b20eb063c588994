import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { ALICE, BOB, CAROL, memberDraft, TestRoom, versions } from './test-room.ts'

const message = (sender: string) => ({ type: 'm.room.message', sender, content: { body: 'hello' } })
const topic = (sender: string) => ({ type: 'm.room.topic', sender, stateKey: '', content: { topic: 't' } })

for (const version of versions(1)) {
  const creator: JsonObject = Number(version) <= 10 ? { creator: ALICE } : {}
  const create = (content: JsonObject = {}) => ({
    type: 'm.room.create',
    sender: ALICE,
    stateKey: '',
    content: { room_version: version, ...creator, ...content },
  })

  test(`v${version}: a create event needs nothing before it`, () => {
    const room = new TestRoom(version)

    room.allows(create())
    room.refuses({ ...create(), prevEvents: ['$before'] }, 'create-with-prev-events')
  })

  test(`v${version}: a create event names the version of its room, or none`, () => {
    const room = new TestRoom(version)

    room.refuses(create({ room_version: 'x' }), 'unknown-room-version')
    room.refuses(create({ room_version: 12.5 }), 'unknown-room-version')
    room.allows({ ...create(), content: creator })
  })

  test(`v${version}: without a create event nothing but a create event is allowed`, () => {
    const room = new TestRoom(version).without('m.room.create')

    room.refuses(message(ALICE), 'no-create-event')
    room.refuses(memberDraft(ALICE, 'join'), 'no-create-event')
    room.allows(create())
  })

  test(`v${version}: an event of another room is refused`, () => {
    const room = new TestRoom(version)

    room.refuses({ ...message(ALICE), roomId: `!${'d'.repeat(43)}` }, 'wrong-room')
    room.refuses({ ...memberDraft(BOB, 'join'), roomId: '!other:one.test' }, 'wrong-room')
  })

  test(`v${version}: m.federate false shuts other servers out`, () => {
    const room = new TestRoom(version, { 'm.federate': false })
      .joinRule('public')
      .member(BOB, 'join')
      .member(CAROL, 'join')

    room.allows(message(BOB))
    room.refuses(message(CAROL), 'federation-disabled')
    room.refuses(memberDraft(CAROL, 'join'), 'federation-disabled')
    new TestRoom(version, { 'm.federate': true }).member(CAROL, 'join').allows(message(CAROL))
  })

  test(`v${version}: only joined users send`, () => {
    const room = new TestRoom(version)

    room.refuses(message(CAROL), 'sender-not-joined')
    for (const membership of ['invite', 'leave', 'ban', 'knock']) {
      room.member(CAROL, membership).refuses(message(CAROL), 'sender-not-joined')
    }
    room.member(CAROL, 'join').allows(message(CAROL))
  })

  test(`v${version}: a third-party invite needs the invite level and nothing else`, () => {
    const room = new TestRoom(version)
      .powerLevels({ invite: 10, state_default: 100, users: { [BOB]: 10 } })
      .member(BOB, 'join')
      .member(CAROL, 'join')
    const invite = (sender: string) => ({ type: 'm.room.third_party_invite', sender, stateKey: 'token' })

    room.allows(invite(BOB))
    room.refuses(invite(CAROL), 'insufficient-power')
  })

  test(`v${version}: events need the level of their type, or the default of their kind`, () => {
    const room = new TestRoom(version).member(BOB, 'join').member(CAROL, 'join')
    room.powerLevels({ users: { [BOB]: 50 } })

    room.allows(topic(BOB))
    room.refuses(topic(CAROL), 'insufficient-power')
    room.allows(message(CAROL))

    room.powerLevels({ users: { [BOB]: 50 }, events: { 'm.room.topic': 0, 'm.room.message': 51 } })
    room.allows(topic(CAROL))
    room.refuses(message(BOB), 'insufficient-power')

    room.powerLevels({ users_default: 20, events_default: 21, state_default: 20 })
    room.allows(topic(CAROL))
    room.refuses(message(CAROL), 'insufficient-power')
  })

  test(`v${version}: without power levels the creator rules and the others only talk`, () => {
    const room = new TestRoom(version).member(BOB, 'join')

    room.allows(topic(ALICE))
    room.allows(message(BOB))
    room.refuses(topic(BOB), 'insufficient-power')
  })

  test(`v${version}: a state key that is the id of another user is refused`, () => {
    const room = new TestRoom(version).powerLevels({ state_default: 0 }).member(BOB, 'join')
    const profile = (stateKey: string) => ({ type: 'org.test.profile', sender: BOB, stateKey })

    room.allows(profile(BOB))
    room.allows(profile('nobody'))
    room.allows(profile(''))
    room.refuses(profile(ALICE), 'state-key-of-another')
    room.refuses(profile('@'), 'state-key-of-another')
  })
}

for (const version of versions(1, 11)) {
  test(`v${version}: the room id of a create event is of the sender's server`, () => {
    const room = new TestRoom(version)
    const draft = {
      type: 'm.room.create',
      sender: CAROL,
      stateKey: '',
      content: { room_version: version, creator: CAROL },
    }

    room.refuses(draft, 'create-in-foreign-domain')
    room.allows({ ...draft, roomId: '!room:two.test' })
  })
}

test('v1–10: a create event without creator is refused; v11 and v12 do not ask', () => {
  for (const version of versions(1)) {
    const room = new TestRoom(version)
    const draft = { type: 'm.room.create', sender: ALICE, stateKey: '', content: { room_version: version } }

    if (Number(version) <= 10) room.refuses(draft, 'create-without-creator')
    else room.allows(draft)
  }
})

test('v12: a create event carries no room id', () => {
  const draft = { type: 'm.room.create', sender: ALICE, stateKey: '', content: { room_version: '12' } }

  new TestRoom('12').refuses({ ...draft, pduRoomId: '!room:one.test' }, 'create-with-room-id')
  new TestRoom('12').allows(draft)
})

test('v12: additional creators are a list of user ids; before they mean nothing', () => {
  const faults = ['@bob:one.test', { 0: BOB }, [BOB, 7], ['bob'], ['@bob'], [null], null]
  for (const version of versions(1)) {
    const create = (additional: unknown) => ({
      type: 'm.room.create',
      sender: ALICE,
      stateKey: '',
      content: {
        room_version: version,
        creator: ALICE,
        additional_creators: additional,
      } as JsonObject,
    })
    const room = new TestRoom(version)

    room.allows(create([]))
    room.allows(create([BOB, CAROL]))
    for (const fault of faults) {
      if (version === '12') room.refuses(create(fault), 'bad-additional-creators')
      else room.allows(create(fault))
    }
  }
})

test('v12: the room id is the id of the create event in the state', () => {
  const room = new TestRoom('12')
  room.put({
    type: 'm.room.create',
    sender: ALICE,
    stateKey: '',
    content: { room_version: '12' },
    eventId: `$${'d'.repeat(43)}`,
  })

  room.refuses(message(ALICE), 'wrong-room')
})

test('v1–5: aliases are allowed to the server they are of, joined or not; later they are state like any other', () => {
  for (const version of versions(1)) {
    const room = new TestRoom(version)
    const aliases = { type: 'm.room.aliases', sender: CAROL, content: { aliases: [] } }

    if (Number(version) <= 5) {
      room.allows({ ...aliases, stateKey: 'two.test' })
      room.refuses({ ...aliases, stateKey: 'one.test' }, 'bad-aliases-event')
      room.refuses(aliases, 'bad-aliases-event')
    } else {
      room.refuses({ ...aliases, stateKey: 'two.test' }, 'sender-not-joined')
      room.member(CAROL, 'join').refuses({ ...aliases, stateKey: 'two.test' }, 'insufficient-power')
    }
  }
})

test('v1–2: a redaction needs the redact level unless both events are of one server; later the rules do not ask', () => {
  for (const version of versions(1)) {
    const room = new TestRoom(version).member(CAROL, 'join').powerLevels({ users: { [ALICE]: 50 } })
    if (version === '12') room.powerLevels({})
    const redaction = (sender: string, eventId: string, redacts?: string) => ({
      type: 'm.room.redaction',
      sender,
      eventId,
      redacts,
    })

    room.allows(redaction(ALICE, '$r:one.test', '$x:two.test'))
    room.allows(redaction(CAROL, '$r:two.test', '$x:two.test'))
    if (Number(version) <= 2) {
      room.refuses(redaction(CAROL, '$r:two.test', '$x:one.test'), 'insufficient-power')
      room.refuses(redaction(CAROL, '$r:two.test'), 'insufficient-power')
    } else {
      room.allows(redaction(CAROL, '$r:two.test', '$x:one.test'))
    }
  }
})

test('the reason of a refusal is fit for a person', () => {
  const verdict = new TestRoom('11').check(message(CAROL))

  assert.deepEqual(verdict, {
    allowed: false,
    reason: 'sender-not-joined',
    text: '@carol:two.test is not in the room',
  })
})
