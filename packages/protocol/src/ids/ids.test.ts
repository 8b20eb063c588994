import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventId, UserId } from './brands.ts'
import { isEventId } from './event-id.ts'
import { parseKeyId } from './key-id.ts'
import { isRoomAlias, parseRoomAlias } from './room-alias.ts'
import { createEventIdOf, isHashRoomId, isRoomId, roomIdOfCreate } from './room-id.ts'
import { isRoomVersionId } from './room-version-id.ts'
import { isServerName, parseServerName, serverNameOf } from './server-name.ts'
import { isNewLocalpart, isUserId, localpartOf, makeUserId, parseUserId } from './user-id.ts'

const HASH = 'AqFcYPC-0rQYGnLkp4kcJyqvhL3t0XpD7YvT2Nz_W8s'

test('server names are DNS names, IPv4 or bracketed IPv6 addresses with an optional port', () => {
  assert.deepEqual(parseServerName('matrix.org'), { host: 'matrix.org', port: undefined, kind: 'dns' })
  assert.deepEqual(parseServerName('matrix.org:8448'), { host: 'matrix.org', port: 8448, kind: 'dns' })
  assert.deepEqual(parseServerName('Example-1.COM'), { host: 'Example-1.COM', port: undefined, kind: 'dns' })
  assert.deepEqual(parseServerName('1.2.3.4:1'), { host: '1.2.3.4', port: 1, kind: 'ipv4' })
  assert.deepEqual(parseServerName('1.2.3'), { host: '1.2.3', port: undefined, kind: 'dns' })
  assert.deepEqual(parseServerName('1.2.3.256'), { host: '1.2.3.256', port: undefined, kind: 'dns' })
  assert.deepEqual(parseServerName('[::1]'), { host: '::1', port: undefined, kind: 'ipv6' })
  assert.deepEqual(parseServerName('[1234:5678::abcd]:5678'), {
    host: '1234:5678::abcd',
    port: 5678,
    kind: 'ipv6',
  })
})

test('what is not a server name is refused', () => {
  for (const name of [
    '',
    ':8448',
    'a:',
    'a:b',
    'a:123456',
    'a:65536',
    'a b',
    'a_b.example',
    'ex ample',
    'example.org/',
    'http://a',
    'é.example',
    '[::1',
    '::1',
    '[]',
    '[1:2]',
    '[::1]x',
    'a\n',
    'a\0',
    'a'.repeat(256),
  ])
    assert.equal(isServerName(name), false, JSON.stringify(name))
})

test('user ids are split at the first colon and keep port and brackets in the server name', () => {
  assert.deepEqual(parseUserId('@alice:example.org'), { localpart: 'alice', server: 'example.org' })
  assert.deepEqual(parseUserId('@alice:example.org:8448'), { localpart: 'alice', server: 'example.org:8448' })
  assert.deepEqual(parseUserId('@a:[::1]:80'), { localpart: 'a', server: '[::1]:80' })
})

test('historical user ids are accepted, but no account may be created like them', () => {
  for (const localpart of ['Alice', 'älice', 'a b', '', '💥', "!#$%&'()*", '__proto__']) {
    assert.deepEqual(parseUserId(`@${localpart}:example.org`), { localpart, server: 'example.org' })
    if (localpart !== '__proto__') assert.equal(isNewLocalpart(localpart), false, localpart)
  }
  for (const localpart of ['alice', '0', 'a.b_c=d-e/f+g']) assert.equal(isNewLocalpart(localpart), true)
})

test('what is not a user id is refused', () => {
  for (const id of [
    'alice:example.org',
    '@alice',
    '@alice:',
    '@al\0ice:example.org',
    '@\ud800:example.org',
    '@a:b c',
    '@a:b:c:d',
    '',
  ])
    assert.equal(isUserId(id), false, JSON.stringify(id))
})

test('the length of an id is counted in UTF-8 bytes', () => {
  const bytes = (n: number) => `@${'é'.repeat((n - 4) / 2)}:ab`
  assert.equal(Buffer.byteLength(bytes(254)), 254)

  assert.equal(isUserId(bytes(254)), true)
  assert.equal(isUserId(bytes(256)), false)
  assert.equal(isRoomId(`!${'a'.repeat(254)}`), true)
  assert.equal(isRoomId(`!${'a'.repeat(255)}`), false)
  assert.equal(isEventId(`$${'💥'.repeat(63)}`), true)
  assert.equal(isEventId(`$${'💥'.repeat(64)}`), false)
})

test('a user id is made from its parts, and an impossible one is not made', () => {
  assert.equal(makeUserId('alice', 'example.org'), '@alice:example.org')
  assert.throws(() => makeUserId('a:b', 'example.org'), RangeError)
  assert.throws(() => makeUserId('a'.repeat(250), 'example.org'), RangeError)
  assert.throws(() => makeUserId('alice', 'no such host'), RangeError)
})

test('making and parsing a user id are inverses', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9._=/+-]{1,40}$/),
      fc.stringMatching(/^[a-z0-9-]{1,20}(:[0-9]{1,4})?$/),
      (localpart, server) => {
        const userId = makeUserId(localpart, server)

        assert.equal(localpartOf(userId), localpart)
        assert.equal(serverNameOf(userId), server)
        assert.deepEqual(parseUserId(userId), { localpart, server })
      },
    ),
  )
})

test('room ids and event ids are opaque after their sigil', () => {
  for (const id of ['!abc:example.org', `!${HASH}`, '!a']) assert.equal(isRoomId(id), true, id)
  for (const id of ['$abc:example.org', `$${HASH}`, '$a/b+c']) assert.equal(isEventId(id), true, id)
  for (const id of ['!', '#abc:example.org', '!a\0b:c', '!\udc00']) assert.equal(isRoomId(id), false)
  for (const id of ['$', '!abc', '$a\0']) assert.equal(isEventId(id), false)
})

test('a version 12 room is named by the hash of its create event', () => {
  const eventId = `$${HASH}` as EventId

  assert.equal(roomIdOfCreate(eventId), `!${HASH}`)
  assert.equal(createEventIdOf(roomIdOfCreate(eventId)), eventId)
  assert.equal(isHashRoomId(roomIdOfCreate(eventId)), true)
  assert.equal(isHashRoomId('!abc:example.org'), false)
})

test('the server of an id is what follows the first colon', () => {
  assert.equal(serverNameOf('!abc:example.org:1'), 'example.org:1')
  assert.equal(serverNameOf(`!${HASH}`), undefined)
  assert.equal(serverNameOf('@a:b c'), undefined)
  assert.equal(serverNameOf('@alice:example.org' as UserId), 'example.org')
})

test('room aliases have a localpart and a server', () => {
  assert.deepEqual(parseRoomAlias('#café:example.org:8448'), {
    localpart: 'café',
    server: 'example.org:8448',
  })
  for (const alias of [
    '#:example.org',
    '#a',
    'a:example.org',
    '#a\0:example.org',
    `#${'a'.repeat(250)}:example.org`,
  ])
    assert.equal(isRoomAlias(alias), false, alias)
})

test('room version names are at most 32 characters of a small alphabet', () => {
  for (const version of ['1', '12', 'org.example.3', 'a'.repeat(32)])
    assert.equal(isRoomVersionId(version), true)
  for (const version of ['', 'A', 'a b', 'a'.repeat(33), 1, null])
    assert.equal(isRoomVersionId(version), false)
})

test('key ids name an algorithm and a version', () => {
  assert.deepEqual(parseKeyId('ed25519:a_Xy1'), { algorithm: 'ed25519', version: 'a_Xy1' })
  for (const id of ['ed25519', 'ed25519:', ':1', 'ed25519:a-b', 'ed25519:a:b', 3])
    assert.equal(parseKeyId(id), undefined)
})

test('anything that is not a string is no id of any kind', () => {
  for (const value of [undefined, null, 1, true, [], {}, ['@a:b'], { toString: () => '@a:b' }, Symbol('x')])
    for (const is of [
      isUserId,
      isRoomId,
      isEventId,
      isRoomAlias,
      isServerName,
      isHashRoomId,
      isRoomVersionId,
    ])
      assert.equal(is(value), false)
})
