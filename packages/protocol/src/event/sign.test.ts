import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64 } from '../base64.ts'
import { CanonicalJsonError } from '../canonical-json.ts'
import { contentHash, eventIdOf, eventJson } from './hash.ts'
import {
  countersignEvent,
  sealEvent,
  signatureKeyIds,
  signEvent,
  signJson,
  verifyEventSignature,
  verifyJson,
} from './sign.ts'
import { generateSigningKey, parseVerifyKey, signingKeyFromSeed } from './signing-key.ts'
import { allRules, rulesOf, testPdu } from './test-pdu.ts'
import type { Pdu } from './types.ts'

// Spec: Appendices §Cryptographic test vectors.
const key = signingKeyFromSeed('ed25519:1', decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1')!)
const publicKey = parseVerifyKey(key.publicKey)!
const findKey = (keyId: string) => (keyId === 'ed25519:1' ? publicKey : undefined)

test('the published signatures of plain objects come out', () => {
  assert.equal(
    signJson({}, 'domain', key).signatures.domain?.['ed25519:1'],
    'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ',
  )
  assert.equal(
    signJson({ one: 1, two: 'Two' }, 'domain', key).signatures.domain?.['ed25519:1'],
    'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw',
  )
})

test('a sealed event has the id and the canonical form that are read from it, in every room version', () => {
  for (const rules of allRules) {
    const sealed = sealEvent({ ...testPdu(rules), unsigned: { age: 1 } }, rules, 'test', key)

    assert.equal(sealed.eventId, eventIdOf(sealed.pdu, rules))
    assert.equal(sealed.json, eventJson(sealed.pdu, rules))
    assert.ok(verifyEventSignature(sealed.pdu, rules, 'test', findKey))
  }
})

test('the published hash and signature of a minimal event come out', () => {
  const event = {
    room_id: '!x:domain',
    sender: '@a:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    signatures: {},
    hashes: {},
    type: 'X',
    content: {},
    prev_events: [],
    auth_events: [],
    depth: 3,
    unsigned: { age_ts: 1000000 },
  } as unknown as Pdu

  const signed = signEvent(event, rulesOf('1'), 'domain', key)

  assert.equal(signed.hashes?.sha256, '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos')
  assert.equal(
    signed.signatures?.domain?.['ed25519:1'],
    'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg',
  )
  assert.deepEqual(signed.unsigned, { age_ts: 1000000 })
})

test('the published hash and signature of an event with redactable content come out', () => {
  const event = {
    content: { body: 'Here is the message content' },
    event_id: '$0:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    type: 'm.room.message',
    room_id: '!r:domain',
    sender: '@u:domain',
    signatures: {},
    unsigned: { age_ts: 1000000 },
  } as unknown as Pdu

  const signed = signEvent(event, rulesOf('1'), 'domain', key)

  assert.equal(signed.hashes?.sha256, 'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g')
  assert.equal(
    signed.signatures?.domain?.['ed25519:1'],
    'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
  )
})

test('signing keeps unsigned and the signatures of others, and does not touch its argument', () => {
  const object = {
    a: 1,
    unsigned: { age: 5 },
    signatures: { other: { 'ed25519:x': 'y' }, domain: { 'ed25519:0': 'z' } },
  }
  const before = structuredClone(object)

  const signed = signJson(object, 'domain', key)

  assert.deepEqual(object, before)
  assert.deepEqual(signed.unsigned, { age: 5 })
  assert.deepEqual(Object.keys(signed.signatures), ['other', 'domain'])
  assert.deepEqual(signatureKeyIds(signed, 'domain'), ['ed25519:0', 'ed25519:1'])
  assert.equal(verifyJson(signed, 'domain', findKey), true)
})

test('a signature holds for exactly what was signed, by whom, with which key', () => {
  const signed = signJson({ a: 1 }, 'domain', key)

  assert.equal(verifyJson(signed, 'domain', findKey), true)
  assert.equal(verifyJson({ ...signed, unsigned: { b: 2 } }, 'domain', findKey), true)
  assert.equal(verifyJson({ ...signed, a: 2 }, 'domain', findKey), false)
  assert.equal(verifyJson(signed, 'other', findKey), false)
  assert.equal(
    verifyJson(signed, 'domain', () => undefined),
    false,
  )
  assert.equal(
    verifyJson(signed, 'domain', () => parseVerifyKey(generateSigningKey().publicKey)),
    false,
  )
})

test('one good signature is enough; unknown keys and algorithms are skipped', () => {
  const good = signJson({ a: 1 }, 'domain', key).signatures.domain!['ed25519:1']!
  const object = {
    a: 1,
    signatures: { domain: { 'ed25519:old': 'AAAA', 'curve448:1': good, 'ed25519:1': `${good}==` } },
  }

  assert.equal(verifyJson(object, 'domain', findKey), true)
  assert.equal(
    verifyJson({ a: 1, signatures: { domain: { 'curve448:1': good } } }, 'domain', () => publicKey),
    false,
  )
})

test('malformed signatures do not verify and do not throw', () => {
  const values: unknown[] = [
    undefined,
    null,
    1,
    [],
    'x',
    { domain: null },
    { domain: 'x' },
    { domain: ['ed25519:1'] },
  ]
  values.push(
    { domain: { 'ed25519:1': 1 } },
    { domain: { 'ed25519:1': '' } },
    { domain: { 'ed25519:1': '!' } },
  )
  for (const signatures of values)
    assert.equal(
      verifyJson({ a: 1, signatures }, 'domain', () => publicKey),
      false,
    )
  assert.equal(
    verifyJson({ signatures: {} }, 'constructor', () => publicKey),
    false,
  )
  assert.equal(
    verifyJson({ signatures: {} }, '__proto__', () => publicKey),
    false,
  )
})

test('what has no canonical form can be neither signed nor verified', () => {
  const { signatures } = signJson({ a: 1 }, 'domain', key)

  assert.throws(() => signJson({ a: 1.5 }, 'domain', key), CanonicalJsonError)
  assert.equal(verifyJson({ a: 1.5, signatures }, 'domain', findKey), false)
})

for (const rules of allRules) {
  test(`a version ${rules.version} event is signed over its redacted form`, () => {
    const signed = signEvent(testPdu(rules, { signatures: undefined }), rules, 'one.test', key)

    assert.equal(signed.hashes?.sha256, contentHash(signed, rules))
    assert.equal(verifyEventSignature(signed, rules, 'one.test', findKey), true)
    assert.equal(verifyEventSignature({ ...signed, content: {} }, rules, 'one.test', findKey), true)
    assert.equal(verifyEventSignature({ ...signed, unsigned: { age: 1 } }, rules, 'one.test', findKey), true)
    assert.equal(verifyEventSignature({ ...signed, depth: 8 }, rules, 'one.test', findKey), false)
    assert.equal(
      verifyEventSignature({ ...signed, hashes: { sha256: 'x' } }, rules, 'one.test', findKey),
      false,
    )
    assert.equal(verifyEventSignature(signed, rules, 'two.test', findKey), false)
  })
}

test('a second server can sign an event without changing its hash', () => {
  const rules = rulesOf('11')
  const signed = signEvent(testPdu(rules), rules, 'one.test', generateSigningKey())

  const both = countersignEvent(signed, rules, 'two.test', key)

  assert.equal(both.hashes, signed.hashes)
  assert.deepEqual(Object.keys(both.signatures!), ['one.test', 'two.test'])
  assert.equal(verifyEventSignature(both, rules, 'two.test', findKey), true)
})

test('old room versions sign events with floats, new ones refuse', () => {
  const odd = (version: string) =>
    testPdu(rulesOf(version), { type: 'm.room.power_levels', content: { ban: 1.5 } })

  const signed = signEvent(odd('5'), rulesOf('5'), 'one.test', key)

  assert.equal(verifyEventSignature(signed, rulesOf('5'), 'one.test', findKey), true)
  assert.throws(() => signEvent(odd('6'), rulesOf('6'), 'one.test', key), CanonicalJsonError)
})
