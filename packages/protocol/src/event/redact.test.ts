import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../json.ts'
import { redactContent, redactPdu } from './redact.ts'
import { allRules, rulesOf, testPdu } from './test-pdu.ts'

const FULL: Record<string, JsonObject> = {
  'm.room.create': { creator: '@a:b', room_version: '1', 'm.federate': true },
  'm.room.member': {
    membership: 'join',
    displayname: 'A',
    join_authorised_via_users_server: '@b:c',
    third_party_invite: { display_name: 'x', signed: { token: 't' } },
  },
  'm.room.join_rules': { join_rule: 'restricted', allow: [], other: 1 },
  'm.room.power_levels': {
    ban: 1,
    events: {},
    events_default: 2,
    invite: 3,
    kick: 4,
    notifications: { room: 5 },
    redact: 6,
    state_default: 7,
    users: {},
    users_default: 8,
  },
  'm.room.history_visibility': { history_visibility: 'shared', other: 1 },
  'm.room.aliases': { aliases: ['#a:b'], other: 1 },
  'm.room.redaction': { redacts: '$x', reason: 'spam' },
  'm.room.message': { body: 'x', membership: 'join', redacts: '$x' },
  'org.example.create': { creator: '@a:b' },
}

const POWER = 'ban events events_default kick redact state_default users users_default'
// What stays of FULL, by version. A version not named behaves as the nearest lower one.
const KEPT: Record<string, Record<number, string>> = {
  'm.room.create': { 1: 'creator', 11: 'creator m.federate room_version' },
  'm.room.member': {
    1: 'membership',
    9: 'join_authorised_via_users_server membership',
    11: 'join_authorised_via_users_server membership third_party_invite',
  },
  'm.room.join_rules': { 1: 'join_rule', 8: 'allow join_rule' },
  'm.room.power_levels': {
    1: POWER,
    11: 'ban events events_default invite kick redact state_default users users_default',
  },
  'm.room.history_visibility': { 1: 'history_visibility' },
  'm.room.aliases': { 1: 'aliases', 6: '' },
  'm.room.redaction': { 1: '', 11: 'redacts' },
  'm.room.message': { 1: '' },
  'org.example.create': { 1: '' },
}

function keptIn(type: string, version: number): string {
  const since = Object.keys(KEPT[type]!).map(Number)
  return KEPT[type]![Math.max(...since.filter((first) => first <= version))]!
}

for (const rules of allRules) {
  test(`redaction in version ${rules.version} keeps of each content what it must and nothing else`, () => {
    for (const [type, content] of Object.entries(FULL)) {
      const kept = redactContent(type, content, rules)

      assert.equal(Object.keys(kept).sort().join(' '), keptIn(type, Number(rules.version)), type)
    }
  })

  test(`redaction in version ${rules.version} keeps the specified top-level keys`, () => {
    const old = Number(rules.version) < 11
    const odd = {
      origin: 'one.test',
      membership: 'join',
      prev_state: [],
      extra: 1,
      redacts: '$x',
      unsigned: {},
    }
    const event = testPdu(rules, { ...odd, event_id: '$kept:one.test', state_key: '' })

    const kept = Object.keys(redactPdu(event, rules)).sort().join(' ')

    const always =
      'auth_events content depth event_id hashes origin_server_ts prev_events room_id sender signatures state_key type'
    const expected = [...always.split(' '), ...(old ? ['membership', 'origin', 'prev_state'] : [])].sort()
    assert.equal(kept, expected.join(' '))
  })
}

test('of a third-party invite only the signed part stays, and no empty object', () => {
  const redact = (content: JsonObject) => redactContent('m.room.member', content, rulesOf('11'))

  assert.deepEqual(redact(FULL['m.room.member']!).third_party_invite, { signed: { token: 't' } })
  assert.deepEqual(redact({ membership: 'invite', third_party_invite: { display_name: 'x' } }), {
    membership: 'invite',
  })
  assert.deepEqual(redact({ third_party_invite: null }), {})
})

test('keys that an event lacks do not appear', () => {
  const redacted = redactPdu(testPdu(rulesOf('11')), rulesOf('11'))

  assert.equal('state_key' in redacted, false)
  assert.equal('event_id' in redacted, false)
})

test('redaction leaves its argument alone and redacting twice changes nothing more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...allRules),
      fc.constantFrom(...Object.keys(FULL)),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (rules, type, content, extra) => {
        const event = testPdu(rules, { ...extra, type, content: { ...FULL[type], ...content } })
        const before = structuredClone(event)

        const once = redactPdu(event, rules)

        assert.deepEqual(event, before)
        assert.deepEqual(redactPdu(once, rules), once)
      },
    ),
  )
})
