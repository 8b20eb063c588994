import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRoomVersion } from '../room-version/versions.ts'
import { checkAuthEvents, stateOfAuthEvents } from './auth-events.ts'
import { authEventKeys } from './selection.ts'
import type { EventDraft } from './test-room.ts'
import { ALICE, BOB, CAROL, memberDraft, TestRoom, versions } from './test-room.ts'

function keysOf(version: string, draft: EventDraft): string[] {
  const rules = findRoomVersion(version)!
  const event = {
    type: draft.type,
    sender: draft.sender,
    stateKey: draft.stateKey,
    content: draft.content ?? {},
  }
  return authEventKeys(event, rules)
    .map(([type, stateKey]) => `${type}|${stateKey}`)
    .sort()
}

const POWER = 'm.room.power_levels|'
const CREATE = 'm.room.create|'
const RULES = 'm.room.join_rules|'
const member = (userId: string) => `m.room.member|${userId}`

for (const version of versions(1)) {
  const number = Number(version)
  const base = number <= 11 ? [CREATE, POWER] : [POWER]
  const expect = (draft: EventDraft, ...more: string[]) =>
    assert.deepEqual(keysOf(version, draft), [...base, ...more].sort())

  test(`v${version}: which state an event cites`, () => {
    assert.deepEqual(keysOf(version, { type: 'm.room.create', sender: ALICE, stateKey: '' }), [])
    expect({ type: 'm.room.message', sender: BOB }, member(BOB))
    expect({ type: 'm.room.member', sender: BOB, content: { membership: 'join' } }, member(BOB))
    expect(memberDraft(BOB, 'join'), member(BOB), RULES)
    expect(memberDraft(BOB, 'leave'), member(BOB))
    expect(memberDraft(ALICE, 'leave', BOB), member(ALICE), member(BOB))
    expect(memberDraft(ALICE, 'ban', BOB), member(ALICE), member(BOB))
    expect(memberDraft(ALICE, 'invite', BOB), member(ALICE), member(BOB), RULES)
    expect(memberDraft(BOB, 'knock'), member(BOB), ...(number >= 7 ? [RULES] : []))
  })

  test(`v${version}: an invite cites the third-party invite it came of`, () => {
    const signed = { mxid: BOB, token: 'tok' }
    const content = { third_party_invite: { signed } }
    const people = [member(ALICE), member(BOB)]

    expect(memberDraft(ALICE, 'invite', BOB, content), ...people, RULES, 'm.room.third_party_invite|tok')
    expect(memberDraft(ALICE, 'leave', BOB, content), ...people)
    expect(memberDraft(ALICE, 'invite', BOB, { third_party_invite: {} }), ...people, RULES)
    expect(
      memberDraft(ALICE, 'invite', BOB, { third_party_invite: { signed: { token: 1 } } }),
      ...people,
      RULES,
    )
  })

  test(`v${version}: a restricted join cites who authorised it, once`, () => {
    const via = (userId: unknown) => ({ join_authorised_via_users_server: userId as string })

    expect(
      memberDraft(BOB, 'join', BOB, via(CAROL)),
      member(BOB),
      RULES,
      ...(number >= 8 ? [member(CAROL)] : []),
    )
    expect(memberDraft(BOB, 'join', BOB, via(BOB)), member(BOB), RULES)
    expect(memberDraft(BOB, 'join', BOB, via(7)), member(BOB), RULES)
    expect(memberDraft(BOB, 'leave', BOB, via(CAROL)), member(BOB))
  })

  test(`v${version}: cited auth events are checked against the selection`, () => {
    const room = new TestRoom(version).member(BOB, 'join').joinRule('public').powerLevels({})
    const at = (type: string, stateKey = '') => room.lookup(type, stateKey)!
    const [create, power] = [at('m.room.create'), at('m.room.power_levels')]
    const [alice, bob] = [at('m.room.member', ALICE), at('m.room.member', BOB)]
    const required = number <= 11 ? [create] : []
    const event = room.build({ type: 'm.room.message', sender: BOB })
    const reasonOf = (cited: Parameters<typeof checkAuthEvents>[2], rejected?: string) => {
      const verdict = checkAuthEvents(event, room.rules, cited, (id) => id === rejected)
      return verdict.allowed ? 'allowed' : verdict.reason
    }

    assert.equal(reasonOf([...required, power, bob]), 'allowed')
    assert.equal(reasonOf([...required, bob]), 'allowed')
    assert.equal(reasonOf([...required, bob, bob]), 'duplicate-auth-event')
    assert.equal(reasonOf([...required, bob, alice]), 'unexpected-auth-event')
    assert.equal(reasonOf([...required, bob, at('m.room.join_rules')]), 'unexpected-auth-event')
    assert.equal(
      reasonOf([...required, room.build({ type: 'm.room.member', sender: BOB })]),
      'unexpected-auth-event',
    )
    assert.equal(reasonOf([...required, power, bob], power.eventId), 'rejected-auth-event')
    assert.equal(
      reasonOf([...required, { ...bob, roomId: '!x:one.test' as typeof bob.roomId }]),
      'wrong-room',
    )
    assert.equal(reasonOf([power, bob]), number <= 11 ? 'missing-auth-event' : 'allowed')
    assert.equal(reasonOf([create, power, bob]), number <= 11 ? 'allowed' : 'unexpected-auth-event')
  })
}

test('a create event cites nothing', () => {
  const room = new TestRoom('11')
  const create = room.lookup('m.room.create', '')!

  assert.equal(checkAuthEvents(create, room.rules, [], () => false).allowed, true)
  assert.equal(checkAuthEvents(create, room.rules, [create], () => false).allowed, false)
})

test('the state of auth events yields them by key, and the create event beside them', () => {
  const room = new TestRoom('12').member(BOB, 'join')
  const create = room.lookup('m.room.create', '')!
  const bob = room.lookup('m.room.member', BOB)!

  assert.equal(stateOfAuthEvents([bob], create)('m.room.member', BOB), bob)
  assert.equal(stateOfAuthEvents([bob], create)('m.room.create', ''), create)
  assert.equal(stateOfAuthEvents([bob])('m.room.create', ''), undefined)
  assert.equal(stateOfAuthEvents([bob], create)('m.room.member', ALICE), undefined)
})
