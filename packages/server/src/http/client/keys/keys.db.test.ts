import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { deviceKeysOf, type KeyOwner, keyServer, oneTimeKeys } from './keys-fixture.ts'

const UPLOAD = '/keys/upload'
const QUERY = '/keys/query'
const CLAIM = '/keys/claim'
const claimOf = (owner: KeyOwner, algorithm = 'signed_curve25519') => ({
  one_time_keys: { [owner.userId]: { [owner.deviceId]: algorithm } },
})

databaseMatrix((open) => {
  test('a device publishes its keys, and others find them with its name', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const before = await server.listPosition()

    const device_keys = deviceKeysOf(alice, { unsigned: { device_display_name: 'a lie' } })
    const uploaded = await server.ok(alice, 'POST', UPLOAD, { device_keys })

    assert.deepEqual(uploaded, { one_time_key_counts: { signed_curve25519: 0 } })
    assert.deepEqual(await storage.read.devices.changedAmong([alice.userId], before), [alice.userId])
    const found = await server.ok(bob, 'POST', QUERY, {
      device_keys: { [alice.userId]: [], [bob.userId]: [], '@nobody:test': [], '@carol:else.where': [] },
    })
    assert.deepEqual(found, {
      device_keys: {
        [alice.userId]: {
          [alice.deviceId]: { ...deviceKeysOf(alice), unsigned: { device_display_name: "alice's phone" } },
        },
        [bob.userId]: {},
      },
      master_keys: {},
      self_signing_keys: {},
      user_signing_keys: {},
      failures: { 'else.where': {} },
    })
    const some = await server.ok(bob, 'POST', QUERY, {
      device_keys: { [alice.userId]: ['OTHER'], alice: [] },
    })
    assert.deepEqual(some.device_keys, { [alice.userId]: {} })
  })

  test('uploading the same device keys again tells nobody', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', UPLOAD, { device_keys: deviceKeysOf(alice) })
    const before = await server.listPosition()

    await server.ok(alice, 'POST', UPLOAD, { device_keys: deviceKeysOf(alice) })
    assert.equal(await server.listPosition(), before)
    await server.ok(alice, 'POST', UPLOAD, { device_keys: deviceKeysOf(alice, { more: true }) })
    assert.equal(await server.listPosition(), before + 1)
  })

  test('one-time keys are claimed in the order of uploads, then the fallback key, over and over', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const upload = (body: object) => server.ok(alice, 'POST', UPLOAD, body)
    const claim = async () => Object.keys((await server.ok(bob, 'POST', CLAIM, claimOf(alice))).one_time_keys)

    assert.deepEqual(await upload({ one_time_keys: oneTimeKeys(alice, 'z', 'y') }), {
      one_time_key_counts: { signed_curve25519: 2 },
    })
    await upload({ one_time_keys: oneTimeKeys(alice, 'a'), fallback_keys: oneTimeKeys(alice, 'f') })
    assert.deepEqual(await server.keys.counts(alice.userId, alice.deviceId), {
      oneTimeKeys: { signed_curve25519: 3 },
      unusedFallbackKeyTypes: ['signed_curve25519'],
    })

    const names: string[] = []
    for (let i = 0; i < 5; i++) {
      const { one_time_keys } = await server.ok(bob, 'POST', CLAIM, claimOf(alice))
      const [[name, key]] = Object.entries<{ key: string }>(one_time_keys[alice.userId][alice.deviceId]) as [
        [string, { key: string }],
      ]
      assert.equal(key.key, `public-${name.split(':')[1]}`)
      names.push(name.split(':')[1]!)
    }
    assert.deepEqual(
      [names.slice(0, 2).sort(), names.slice(2)],
      [
        ['y', 'z'],
        ['a', 'f', 'f'],
      ],
    )
    assert.deepEqual(await server.keys.oneTimeKeyCounts(alice.userId, alice.deviceId), {
      signed_curve25519: 0,
    })
    assert.deepEqual(await server.keys.unusedFallbackKeyTypes(alice.userId, alice.deviceId), [])
    await upload({ fallback_keys: oneTimeKeys(alice, 'g') })
    assert.deepEqual(await server.keys.unusedFallbackKeyTypes(alice.userId, alice.deviceId), [
      'signed_curve25519',
    ])
    assert.deepEqual(await claim(), [alice.userId])
  })

  test('who has no key to give is left out of a claim', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await server.ok(alice, 'POST', UPLOAD, { one_time_keys: oneTimeKeys(alice, 'a') })

    const claimed = await server.ok(alice, 'POST', CLAIM, {
      one_time_keys: {
        [alice.userId]: { [alice.deviceId]: 'other', UNKNOWN: 'signed_curve25519' },
        '@nobody:test': { A: 'signed_curve25519' },
        '@carol:else.where': { A: 'signed_curve25519' },
      },
      timeout: 10_000,
    })

    assert.deepEqual(claimed, { one_time_keys: {}, failures: { 'else.where': {} } })
  })

  test('the same one-time key may come again, another one under its id may not', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    const upload = (keys: object) => server.call(alice, 'POST', UPLOAD, { one_time_keys: keys })
    const keys = oneTimeKeys(alice, 'a', 'b')
    await upload(keys)

    assert.deepEqual((await upload({ ...keys, 'signed_curve25519:c': { key: 'c' } })).body, {
      one_time_key_counts: { signed_curve25519: 3 },
    })
    const resigned = { key: 'public-a', signatures: { [alice.userId]: { [alice.signing.keyId]: 'anew' } } }
    assert.equal((await upload({ 'signed_curve25519:a': resigned })).status, 200)
    const other = await upload({ 'signed_curve25519:d': 'd', 'signed_curve25519:a': { key: 'other' } })
    assert.deepEqual([other.status, other.body.errcode], [400, 'M_UNKNOWN'])
    assert.match(
      other.body.error,
      /^One time key signed_curve25519:a already exists\. Old key: \{.*\}; new key: \{/,
    )
    assert.equal((await server.keys.oneTimeKeyCounts(alice.userId, alice.deviceId))['signed_curve25519'], 3)
  })

  test('keys of somebody else, or malformed ones, are refused', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const good = deviceKeysOf(alice)
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`alg:${i}`, 'key']))
    const refusals: [string, object, string][] = [
      [UPLOAD, { device_keys: deviceKeysOf(bob) }, 'M_INVALID_PARAM'],
      [UPLOAD, { device_keys: { ...good, device_id: 'OTHER' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { device_keys: { user_id: alice.userId, device_id: alice.deviceId } }, 'M_BAD_JSON'],
      [UPLOAD, { device_keys: { ...good, algorithms: 'one' } }, 'M_BAD_JSON'],
      [UPLOAD, { device_keys: { ...good, keys: { 'a\nb': 1 } } }, 'M_BAD_JSON'],
      [UPLOAD, { device_keys: { ...good, signatures: { [alice.userId]: 'x' } } }, 'M_BAD_JSON'],
      [UPLOAD, { device_keys: { ...good, extra: 1.5 } }, 'M_BAD_JSON'],
      [UPLOAD, { one_time_keys: [] }, 'M_BAD_JSON'],
      [UPLOAD, { one_time_keys: { 'alg:id': 5 } }, 'M_BAD_JSON'],
      [UPLOAD, { one_time_keys: { 'alg:id': { key: 5 } } }, 'M_BAD_JSON'],
      [UPLOAD, { one_time_keys: { noColon: 'x' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { one_time_keys: { ':id': 'x' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { one_time_keys: { [`alg:${'x'.repeat(300)}`]: 'x' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { one_time_keys: { 'alg:\0': 'x' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { fallback_keys: { 'alg:1': 'x', 'alg:2': 'y' } }, 'M_INVALID_PARAM'],
      [UPLOAD, { fallback_keys: 'x' }, 'M_BAD_JSON'],
      [QUERY, {}, 'M_MISSING_PARAM'],
      [QUERY, { device_keys: { [alice.userId]: { A: true } } }, 'M_BAD_JSON'],
      [QUERY, { device_keys: { [alice.userId]: [1] } }, 'M_BAD_JSON'],
      [QUERY, { device_keys: {}, timeout: 'long' }, 'M_BAD_JSON'],
      [CLAIM, {}, 'M_MISSING_PARAM'],
      [CLAIM, { one_time_keys: { [alice.userId]: ['A'] } }, 'M_BAD_JSON'],
      [CLAIM, { one_time_keys: { [alice.userId]: { A: 1 } } }, 'M_BAD_JSON'],
      [CLAIM, { one_time_keys: { alice: {} } }, 'M_INVALID_PARAM'],
      [CLAIM, { one_time_keys: { [alice.userId]: { A: 'a\0' } } }, 'M_INVALID_PARAM'],
    ]

    for (const [path, body, errcode] of refusals) {
      const answer = await server.call(alice, 'POST', path, body)
      assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], JSON.stringify(body))
    }
    assert.equal((await server.call(alice, 'POST', UPLOAD, { one_time_keys: many })).status, 413)
    const found = await server.ok(alice, 'POST', QUERY, { device_keys: { [alice.userId]: [] } })
    assert.deepEqual(found.device_keys, { [alice.userId]: {} })
  })

  test('names that mean something to JavaScript are names', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    const bad = `{"device_keys":{"${alice.userId}":[],"__proto__":5}}`
    const odd = '{"one_time_keys":{"__proto__:constructor":"x"}}'

    assert.deepEqual((await server.call(alice, 'POST', QUERY, bad)).body.errcode, 'M_BAD_JSON')
    assert.deepEqual((await server.ok(alice, 'POST', UPLOAD, odd)).one_time_key_counts, {
      signed_curve25519: 0,
      ['__proto__']: 1,
    })
    const { one_time_keys } = await server.ok(alice, 'POST', CLAIM, claimOf(alice, '__proto__'))
    assert.equal(one_time_keys[alice.userId][alice.deviceId]['__proto__:constructor'], 'x')
  })

  test('a deleted device takes its keys along', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    await server.ok(alice, 'POST', UPLOAD, {
      device_keys: deviceKeysOf(alice),
      one_time_keys: oneTimeKeys(alice, 'a'),
      fallback_keys: oneTimeKeys(alice, 'f'),
    })
    assert.equal((await server.keys.oneTimeKeyCounts(alice.userId, alice.deviceId))['signed_curve25519'], 1)

    await server.accounts.devices.delete(alice.userId, [alice.deviceId])

    const found = await server.ok(bob, 'POST', QUERY, { device_keys: { [alice.userId]: [] } })
    assert.deepEqual(found.device_keys, { [alice.userId]: {} })
    assert.deepEqual((await server.ok(bob, 'POST', CLAIM, claimOf(alice))).one_time_keys, {})
    assert.deepEqual(await server.keys.counts(alice.userId, alice.deviceId), {
      oneTimeKeys: { signed_curve25519: 0 },
      unusedFallbackKeyTypes: [],
    })
  })

  test('without a device there is nothing to upload keys for', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')

    const noDevice = { userId: alice.userId, deviceId: null }
    const nothing = { deviceKeys: undefined, oneTimeKeys: {}, fallbackKeys: {} }
    await assert.rejects(server.keys.upload(noDevice, nothing), { status: 400, errcode: 'M_UNKNOWN' })
    const gone = { userId: alice.userId, deviceId: 'GONE' }
    await assert.rejects(server.keys.upload(gone, nothing), { status: 401, errcode: 'M_UNKNOWN_TOKEN' })
  })
})
