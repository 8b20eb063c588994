import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../canonical-json.ts'
import { checkEventSize, checkPduFormat, MAX_PDU_BYTES, type PduFault } from './format.ts'
import { allRules, HASH, rulesOf, testPdu } from './test-pdu.ts'

/** Why version 11, or another, refuses a message with these changes; `undefined` if it does not. */
function faultOf(changes: Record<string, unknown>, version = '11'): PduFault | undefined {
  const rules = rulesOf(version)
  const result = checkPduFormat(testPdu(rules, changes), rules)
  return result.ok ? undefined : result.reason
}

for (const rules of allRules) {
  test(`a well-formed event of version ${rules.version} passes unchanged`, () => {
    const event = testPdu(rules)

    assert.deepEqual(checkPduFormat(event, rules), { ok: true, pdu: event })
  })

  test(`version ${rules.version} refuses events that lack a required field`, () => {
    const required = Object.keys(testPdu(rules))
    for (const field of required)
      assert.notEqual(faultOf({ [field]: undefined }, rules.version), undefined, field)
  })

  test(`version ${rules.version} refuses fields of a wrong type`, () => {
    const optional = { state_key: 1, unsigned: 1 }
    for (const field of Object.keys({ ...testPdu(rules), ...optional }))
      for (const value of [null, true, 1.5, [1]]) {
        const fault = faultOf({ [field]: value }, rules.version)
        assert(fault === 'wrong-type' || fault === 'bad-id', `${field} ${JSON.stringify(value)}: ${fault}`)
      }
  })
}

test('what is not an object is refused', () => {
  for (const value of [undefined, null, 1, 'x', [], [testPdu(rulesOf('11'))]]) {
    const result = checkPduFormat(value, rulesOf('11'))

    assert.equal(!result.ok && result.reason, 'not-an-object')
  }
})

test('ids must be ids', () => {
  assert.equal(faultOf({ sender: 'alice' }), 'bad-id')
  assert.equal(faultOf({ sender: `@${'a'.repeat(255)}:b` }), 'bad-id')
  assert.equal(faultOf({ room_id: '#room:one.test' }), 'bad-id')
  assert.equal(faultOf({ event_id: '$noserver' }, '1'), 'bad-id')
  assert.equal(faultOf({ prev_events: ['!x'] }), 'bad-id')
})

test('references are pairs in versions one and two and ids after that', () => {
  const pairs = [['$a:b', { sha256: 'x' }]]

  assert.equal(faultOf({ prev_events: pairs, auth_events: pairs }, '2'), undefined)
  assert.equal(faultOf({ prev_events: pairs }, '3'), 'bad-id')
  assert.equal(faultOf({ auth_events: ['$a:b'] }, '2'), 'bad-id')
  assert.equal(faultOf({ auth_events: [['$a:b']] }, '2'), 'bad-id')
})

test('at most twenty previous and ten auth events are allowed', () => {
  const ids = (count: number) => Array(count).fill(`$${HASH}`)

  assert.equal(faultOf({ prev_events: ids(20), auth_events: ids(10) }), undefined)
  assert.equal(faultOf({ prev_events: ids(21) }), 'too-many-prev-events')
  assert.equal(faultOf({ auth_events: ids(11) }), 'too-many-auth-events')
})

test('types and state keys may take 255 bytes', () => {
  assert.equal(faultOf({ type: 'x'.repeat(255), state_key: 'é'.repeat(127) }), undefined)
  assert.equal(faultOf({ type: 'x'.repeat(256) }), 'too-long')
  assert.equal(faultOf({ state_key: 'é'.repeat(128) }), 'too-long')
})

test('the whole event may take 65,536 bytes with its signatures', () => {
  const rules = rulesOf('11')
  const empty = Buffer.byteLength(canonicalJson(testPdu(rules, { content: { body: '' } })))
  const body = (bytes: number) => ({ content: { body: `é${'x'.repeat(bytes - empty - 2)}` } })

  assert.equal(faultOf(body(MAX_PDU_BYTES)), undefined)
  assert.equal(faultOf(body(MAX_PDU_BYTES + 1)), 'too-large')
  assert.equal(checkEventSize(testPdu(rules, body(MAX_PDU_BYTES)), rules), undefined)
  assert.equal(checkEventSize(testPdu(rules, body(MAX_PDU_BYTES + 1)), rules)?.reason, 'too-large')
})

test('depth is an integer between zero and the largest safe one', () => {
  for (const depth of [0, Number.MAX_SAFE_INTEGER]) assert.equal(faultOf({ depth }), undefined)
  for (const depth of [-1, 2 ** 53, 1.5, '1']) assert.equal(faultOf({ depth }), 'wrong-type')
})

test('from version six on only canonical JSON passes', () => {
  const odd = { content: { ratio: 1.5, big: 2 ** 60 } }

  for (const version of ['1', '5']) assert.equal(faultOf(odd, version), undefined)
  for (const version of ['6', '12']) assert.equal(faultOf(odd, version), 'not-canonical')
  assert.equal(faultOf({ content: { body: '\ud800' } }, '1'), 'not-canonical')
})

test('a version twelve create event has no room id, every other event has a hash', () => {
  const create = { type: 'm.room.create', state_key: '', prev_events: [], auth_events: [] }

  assert.equal(faultOf({ ...create, room_id: undefined }, '12'), undefined)
  assert.equal(faultOf(create, '12'), 'bad-id')
  assert.equal(faultOf({ room_id: '!room:one.test' }, '12'), 'bad-id')
  assert.equal(faultOf({ ...create, state_key: 'x', room_id: undefined }, '12'), 'bad-id')
  assert.equal(faultOf({ ...create, room_id: undefined }, '11'), 'bad-id')
})

test('what nobody vouches for is taken away', () => {
  const rules = rulesOf('11')
  const untrusted = { event_id: '$fake', unsigned: { age: 1, redacted_because: {}, invite_room_state: [] } }

  const message = checkPduFormat(testPdu(rules, untrusted), rules)
  const invite = checkPduFormat(testPdu(rules, { ...untrusted, type: 'm.room.member' }), rules)

  assert(message.ok && invite.ok)
  assert.deepEqual(message.pdu, testPdu(rules))
  assert.deepEqual(invite.pdu.unsigned, { invite_room_state: [] })
  assert.equal('event_id' in invite.pdu, false)
})
