import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId } from '../ids/brands.ts'
import { clientEvent, redactsOf, strippedState } from './client-format.ts'
import { eventIdOf } from './hash.ts'
import { requiredSigners } from './signers.ts'
import { allRules, HASH, rulesOf, testPdu } from './test-pdu.ts'
import { isStateEvent, roomEvent } from './wrap.ts'

for (const rules of allRules) {
  test(`an event of version ${rules.version} has an id and plain references`, () => {
    const pdu = testPdu(rules)

    const event = roomEvent(pdu, rules)

    const reference = rules.eventIds === 'own' ? '$other:one.test' : `$${HASH}`
    assert.equal(event.eventId, eventIdOf(pdu, rules))
    assert.equal(event.roomId, pdu.room_id)
    assert.deepEqual(event.prevEvents, [reference])
    assert.deepEqual(event.authEvents, [reference])
    assert.equal(event.authEvents === pdu.auth_events, rules.eventIds !== 'own', 'kept once')
    assert.equal(event.pdu, pdu)
    assert.equal(isStateEvent(event), false)
  })
}

test('a version twelve create event makes the room it is named after', () => {
  const rules = rulesOf('12')
  const pdu = testPdu(rules, { type: 'm.room.create', state_key: '', room_id: undefined })

  const event = roomEvent(pdu, rules)

  assert.equal(event.roomId.slice(1), event.eventId.slice(1))
  assert.equal(event.roomId[0], '!')
  assert.equal(clientEvent(event, rules).room_id, event.roomId)
  assert.throws(() => roomEvent(testPdu(rules, { room_id: undefined }), rules), TypeError)
})

test('what storage knows is not computed again', () => {
  const known = { eventId: '$known' as EventId, roomId: '!known' as RoomId }

  const event = roomEvent(testPdu(rulesOf('11')), rulesOf('11'), known)

  assert.equal(event.eventId, '$known')
  assert.equal(event.roomId, '!known')
})

test('clients see an event without its federation fields', () => {
  const rules = rulesOf('11')
  const message = roomEvent(testPdu(rules, { origin: 'one.test', unsigned: { age: 1 } }), rules)
  const state = roomEvent(
    testPdu(rules, { type: 'm.room.name', state_key: '', content: { name: 'n' } }),
    rules,
  )

  assert.deepEqual(clientEvent(message, rules), {
    content: { msgtype: 'm.text', body: 'hello' },
    event_id: message.eventId,
    origin_server_ts: 1_700_000_000_000,
    room_id: '!room:one.test',
    sender: '@alice:one.test',
    type: 'm.room.message',
  })
  assert(isStateEvent(state))
  assert.equal(clientEvent(state, rules).state_key, '')
  assert.deepEqual(strippedState(state), {
    content: { name: 'n' },
    sender: '@alice:one.test',
    state_key: '',
    type: 'm.room.name',
  })
})

for (const rules of allRules) {
  test(`clients find the target of a version ${rules.version} redaction in both places`, () => {
    const decoy = '$decoy'
    const [inContent, atTop] = rules.redactsInContent ? ['$target', decoy] : [decoy, '$target']
    const content = { reason: 'spam', redacts: inContent }
    const event = roomEvent(testPdu(rules, { type: 'm.room.redaction', redacts: atTop, content }), rules)

    const seen = clientEvent(event, rules)

    assert.equal(redactsOf(event, rules), '$target')
    assert.equal(seen.redacts, '$target')
    assert.deepEqual(seen.content, { reason: 'spam', redacts: '$target' })
    assert.deepEqual(event.content, content)
  })
}

test('a redaction without a usable target names none', () => {
  for (const redacts of [undefined, 1, 'x', null]) {
    const event = roomEvent(
      testPdu(rulesOf('10'), { type: 'm.room.redaction', redacts, content: {} }),
      rulesOf('10'),
    )

    assert.equal('redacts' in clientEvent(event, rulesOf('10')), false)
  }
  const message = roomEvent(testPdu(rulesOf('10'), { redacts: '$x' }), rulesOf('10'))
  assert.equal('redacts' in clientEvent(message, rulesOf('10')), false)
})

test('the sender server signs, and whoever else the room version names', () => {
  const join = { type: 'm.room.member', content: { join_authorised_via_users_server: '@bob:two.test' } }
  const signers = (version: string, changes = {}) =>
    requiredSigners(testPdu(rulesOf(version), changes), rulesOf(version))

  assert.deepEqual(signers('11'), ['one.test'])
  assert.deepEqual(signers('1'), ['one.test'])
  assert.deepEqual(signers('2', { event_id: '$x:three.test' }), ['one.test', 'three.test'])
  assert.deepEqual(signers('8', join), ['one.test', 'two.test'])
  assert.deepEqual(signers('7', join), ['one.test'])
  assert.deepEqual(signers('11', { ...join, type: 'org.example' }), ['one.test'])
})

test('a third-party invite needs no signature of its sender', () => {
  const invite = (content: object) => testPdu(rulesOf('11'), { type: 'm.room.member', content })

  assert.deepEqual(
    requiredSigners(invite({ membership: 'invite', third_party_invite: {} }), rulesOf('11')),
    [],
  )
  assert.deepEqual(requiredSigners(invite({ membership: 'join', third_party_invite: {} }), rulesOf('11')), [
    'one.test',
  ])
  assert.deepEqual(
    requiredSigners(invite({ membership: 'invite', third_party_invite: null }), rulesOf('11')),
    ['one.test'],
  )
})

test('if a signer cannot be named there is no list', () => {
  const join = { type: 'm.room.member', content: { join_authorised_via_users_server: 7 } }

  assert.equal(requiredSigners(testPdu(rulesOf('11'), join), rulesOf('11')), undefined)
  assert.equal(requiredSigners(testPdu(rulesOf('1'), { event_id: '$x' }), rulesOf('1')), undefined)
})
