import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canRedact, canUserRedact } from './redaction.ts'
import { creatorsOf, joinRuleIn, joinRuleOf, membershipIn, membershipOf } from './room-state.ts'
import { ALICE, BOB, CAROL, TestRoom, versions } from './test-room.ts'

const redaction = (room: TestRoom, sender: string) => room.build({ type: 'm.room.redaction', sender })

test('a redaction takes effect by the redact level or from the server of the redacted event', () => {
  for (const version of versions(3)) {
    const room = new TestRoom(version).powerLevels({ redact: 30, users: { [CAROL]: 30 } })
    const takesEffect = (sender: string, originalSender: string) =>
      canRedact(
        redaction(room, sender),
        room.build({ type: 'x', sender: originalSender }),
        room.rules,
        room.lookup,
      )

    assert.equal(takesEffect(CAROL, BOB), true)
    assert.equal(takesEffect('@dave:two.test', BOB), false)
    assert.equal(takesEffect('@dave:two.test', CAROL), true)
    assert.equal(takesEffect(BOB, BOB), true)
  }
})

test('a redaction of an event in another room has no effect', () => {
  for (const version of versions(1)) {
    const room = new TestRoom(version)
    const target = room.build({ type: 'x', sender: ALICE, roomId: '!other:one.test' })

    assert.equal(canRedact(redaction(room, ALICE), target, room.rules, room.lookup), false)
  }
})

test('v1–2: an accepted redaction takes effect: the rules have judged it', () => {
  for (const version of versions(1, 2)) {
    const room = new TestRoom(version)
    const target = room.build({ type: 'x', sender: ALICE })

    assert.equal(canRedact(redaction(room, CAROL), target, room.rules, room.lookup), true)
  }
})

test('a user redacts own events by the level of redactions, others by the redact level besides', () => {
  const room = new TestRoom('11')
  const can = (userId: string, originalSender: string) =>
    canUserRedact(userId, originalSender, room.rules, room.lookup)

  room.powerLevels({ users: { [BOB]: 50 } })
  assert.deepEqual([can(CAROL, CAROL), can(CAROL, BOB), can(BOB, CAROL)], [true, false, true])
  room.powerLevels({ users: { [BOB]: 50 }, events: { 'm.room.redaction': 60 } })
  assert.deepEqual([can(CAROL, CAROL), can(BOB, CAROL)], [false, false])
  room.powerLevels({ users: { [BOB]: 50 }, redact: 51 })
  assert.deepEqual([can(BOB, BOB), can(BOB, CAROL)], [true, false])
})

test('membership, join rule and creators are read from state', () => {
  const room = new TestRoom('12', { additional_creators: [BOB, ALICE] }).member(CAROL, 'knock')

  assert.equal(membershipIn(room.lookup, CAROL), 'knock')
  assert.equal(membershipIn(room.lookup, '@nobody:one.test'), undefined)
  assert.equal(membershipOf(room.member(CAROL, 'dancing').lookup('m.room.member', CAROL)), undefined)
  assert.equal(joinRuleIn(room.lookup), 'invite')
  assert.equal(joinRuleIn(room.joinRule('private').lookup), 'private')
  assert.equal(joinRuleOf(room.put({ type: 'm.room.join_rules', sender: ALICE, stateKey: '' })), 'invite')
  assert.equal(
    joinRuleOf(
      room.put({ type: 'm.room.join_rules', sender: ALICE, stateKey: '', content: { join_rule: 7 } }),
    ),
    undefined,
  )
  assert.deepEqual(creatorsOf(room.lookup('m.room.create', '')!, room.rules), [ALICE, BOB])
})
