import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentHash, eventIdOf, hasValidContentHash, referenceHash } from './hash.ts'
import { redactPdu } from './redact.ts'
import { allRules, rulesOf, testPdu } from './test-pdu.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest()
const messageV11 = testPdu(rulesOf('11'))
// Written out by hand: the redacted event without signatures, keys in order.
const SIGNED_TEXT = `{"auth_events":["${messageV11.auth_events[0]}"],"content":{},"depth":7,"hashes":{"sha256":"${messageV11.hashes?.sha256}"},"origin_server_ts":1700000000000,"prev_events":["${messageV11.prev_events[0]}"],"room_id":"!room:one.test","sender":"@alice:one.test","type":"m.room.message"}`

test('versions one and two carry their own ids', () => {
  for (const version of ['1', '2'])
    assert.equal(eventIdOf(testPdu(rulesOf(version)), rulesOf(version)), '$this:one.test')
  assert.throws(() => eventIdOf(testPdu(rulesOf('1'), { event_id: undefined }), rulesOf('1')), TypeError)
})

test('version three ids are the hash in standard base64, later ones in url-safe base64', () => {
  const hashed = sha256(SIGNED_TEXT)
  const standard = `$${hashed.toString('base64').replace('=', '')}`
  const urlSafe = `$${hashed.toString('base64url')}`

  assert.equal(eventIdOf(messageV11, rulesOf('3')), standard)
  for (const version of ['4', '5', '6', '7', '8', '9', '10', '11', '12'])
    assert.equal(eventIdOf(messageV11, rulesOf(version)), urlSafe)
  assert.equal(`$${referenceHash(messageV11, rulesOf('11'))}`, standard)
  assert.equal(standard.length, 44)
})

test('the content hash covers all but unsigned, signatures and hashes', () => {
  const text = SIGNED_TEXT.replace(/"hashes":\{[^}]*\},/, '').replace(
    '{}',
    '{"body":"hello","msgtype":"m.text"}',
  )

  assert.equal(contentHash(messageV11, rulesOf('11')), sha256(text).toString('base64').replace('=', ''))
})

test('leftovers of older servers are not part of the content hash, other unknown keys are', () => {
  const rules = rulesOf('11')
  const hashed = contentHash(messageV11, rules)

  assert.equal(contentHash({ ...messageV11, age_ts: 1, outlier: true, destinations: [] }, rules), hashed)
  assert.notEqual(contentHash({ ...messageV11, 'org.example.key': 1 }, rules), hashed)
})

test('a content hash is recognised, padded or not, and a wrong or missing one is not', () => {
  const rules = rulesOf('11')
  const sha = contentHash(messageV11, rules)

  assert.equal(hasValidContentHash({ ...messageV11, hashes: { sha256: sha } }, rules), true)
  assert.equal(hasValidContentHash({ ...messageV11, hashes: { sha256: `${sha}=` } }, rules), true)
  assert.equal(hasValidContentHash(messageV11, rules), false)
  assert.equal(hasValidContentHash({ ...messageV11, hashes: undefined }, rules), false)
  assert.equal(hasValidContentHash({ ...messageV11, hashes: { sha256: sha }, depth: 8 }, rules), false)
})

test('an event_id that should not be there does not change id or hash', () => {
  for (const rules of allRules.filter((each) => each.eventIds !== 'own')) {
    const event = testPdu(rules)
    const stray = { ...event, event_id: testPdu(rulesOf('1')).event_id }

    assert.equal(eventIdOf(stray, rules), eventIdOf(event, rules))
    assert.equal(contentHash(stray, rules), contentHash(event, rules))
  }
})

test('redaction, unsigned and further signatures never change an id', () => {
  const types = [
    'm.room.create',
    'm.room.member',
    'm.room.power_levels',
    'm.room.redaction',
    'm.room.message',
    'x',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...allRules),
      fc.constantFrom(...types),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger()),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
      (rules, type, content, unsigned) => {
        const event = testPdu(rules, {
          type,
          content: { ...content, membership: 'join', creator: 'x', ban: 1 },
        })
        const id = eventIdOf(event, rules)

        assert.equal(eventIdOf(redactPdu(event, rules), rules), id)
        assert.equal(eventIdOf({ ...event, unsigned, signatures: {} }, rules), id)
        if (rules.eventIds !== 'own') assert.notEqual(eventIdOf({ ...event, depth: 8 }, rules), id)
      },
    ),
  )
})
