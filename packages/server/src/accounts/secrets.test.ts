import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { hashToken, makeAccessToken, makeDeviceId, makeLocalpart } from './secrets.ts'
import { msisdnOf } from './threepids/calling-codes.ts'
import { canonicalThreepid } from './threepids/threepid-form.ts'

test('tokens say whose they are, and no two are alike', () => {
  const tokens = Array.from({ length: 100 }, () => makeAccessToken('@alice:test' as UserId))

  for (const token of tokens) assert.match(token, /^syt_YWxpY2U_[A-Za-z]{20}_[0-9A-Za-z]{6}$/)
  assert.equal(new Set(tokens).size, 100)
  assert.match(makeAccessToken('@ünï+x:test' as UserId), /^syt_[A-Za-z0-9_-]+_[A-Za-z]{20}_/)
  assert.equal(hashToken('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})

test('made-up ids have their form', () => {
  assert.match(makeDeviceId(), /^[A-Z]{10}$/)
  assert.match(makeLocalpart('guest'), /^[0-9]{10,15}$/)
  assert.match(makeLocalpart('user'), /^[a-z][0-9a-f]{12}$/)
})

test('phone numbers become msisdns as if dialled from their country', () => {
  assert.equal(msisdnOf('GB', '07700 900123'), '447700900123')
  assert.equal(msisdnOf('gb', '+1 (202) 555-0123'), '12025550123')
  assert.equal(msisdnOf('US', '202.555.0123'), '12025550123')
  assert.equal(msisdnOf('DE', '00447700900123'), '447700900123')
  assert.equal(msisdnOf('IT', '06 1234567'), '39061234567')
  for (const [country, phone] of [
    ['XX', '12345'],
    ['GB', 'abc'],
    ['GB', ''],
    ['GB', '+'],
  ] as const)
    assert.equal(msisdnOf(country, phone), undefined)
})

test('addresses are compared in one form', () => {
  assert.equal(
    canonicalThreepid('email', 'Straße@X.org').address,
    canonicalThreepid('email', 'STRASSE@x.ORG').address,
  )
  assert.deepEqual(canonicalThreepid('msisdn', '+447700900123'), {
    medium: 'msisdn',
    address: '447700900123',
  })
  for (const [medium, address] of [
    ['email', 'x'],
    ['email', '@x'],
    ['email', 'a@'],
    ['email', 'a b@c'],
    ['email', 'a@b@c'],
    ['msisdn', 'abc'],
    ['fax', '1'],
  ] as const)
    assert.throws(() => canonicalThreepid(medium, address), { name: 'MatrixError', status: 400 })
})
