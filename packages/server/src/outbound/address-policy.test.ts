import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressPolicy, DEFAULT_BLOCKED_RANGES } from './address-policy.ts'

const standard = new AddressPolicy({ blocked: DEFAULT_BLOCKED_RANGES, allowed: [] })

test('addresses that are not out on the Internet are refused, in every spelling', () => {
  const refused = [
    ...[
      '127.0.0.1',
      '127.8.9.10',
      '10.1.2.3',
      '172.31.255.255',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
    ],
    ...[
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fd12::1',
      'ff02::1',
    ],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::10.0.0.1',
      '64:ff9b::10.0.0.1',
      '64:ff9b::a00:1',
      '2002:7f00:1::',
    ],
    ...['localhost', '', '127.1', '999.1.1.1'],
  ]
  for (const address of refused) assert.equal(standard.allows(address), false, address)
})

test('addresses out on the Internet are let through', () => {
  for (const address of [
    '1.1.1.1',
    '172.32.0.1',
    '2606:4700::1',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
    '2002:101:101::',
  ])
    assert.equal(standard.allows(address), true, address)
})

test('what is allowed is allowed although it is blocked, and nothing beside it', () => {
  const policy = new AddressPolicy({ blocked: DEFAULT_BLOCKED_RANGES, allowed: ['127.0.0.1', 'fd00:1::/32'] })

  assert.equal(policy.allows('127.0.0.1'), true)
  assert.equal(policy.allows('::ffff:127.0.0.1'), true)
  assert.equal(policy.allows('fd00:1::5'), true)
  assert.equal(policy.allows('127.0.0.2'), false)
  assert.equal(policy.allows('fd00:2::5'), false)
})

test('with nothing blocked, only "this host" stays refused', () => {
  const policy = new AddressPolicy({ blocked: [], allowed: [] })

  assert.equal(policy.allows('127.0.0.1'), true)
  assert.equal(policy.allows('0.0.0.0'), false)
})

test('a range that is none is named', () => {
  for (const range of ['10.0.0.0/33', 'example.com', '10.0.0.0/8/8', '10.0.0.0/x', 'fe80::/129', ''])
    assert.throws(() => new AddressPolicy({ blocked: [range], allowed: [] }), new RegExp(`'${range}'`))
})
