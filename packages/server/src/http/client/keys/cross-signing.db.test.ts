import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signJson } from '@ranvier/protocol/event/sign'
import { databaseMatrix } from '@ranvier/testkit/databases'
import {
  crossKey,
  crossSigningKey,
  crossSigningSet,
  deviceKeysOf,
  type KeyOwner,
  keyServer,
} from './keys-fixture.ts'

const UPLOAD = '/keys/device_signing/upload'
const SIGN = '/keys/signatures/upload'

async function query(server: Awaited<ReturnType<typeof keyServer>>, by: KeyOwner, of: KeyOwner) {
  return server.ok(by, 'POST', '/keys/query', { device_keys: { [of.userId]: [] } })
}

databaseMatrix((open) => {
  test('the first cross-signing keys need no proof; only the owner sees the user-signing key', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const { body } = crossSigningSet(alice)
    const before = await server.listPosition()

    assert.deepEqual(await server.ok(alice, 'POST', UPLOAD, body), {})

    assert.equal(await server.listPosition(), before + 1)
    const seen = await query(server, bob, alice)
    assert.deepEqual(seen.master_keys, { [alice.userId]: body.master_key })
    assert.deepEqual(seen.self_signing_keys, { [alice.userId]: body.self_signing_key })
    assert.deepEqual(seen.user_signing_keys, {})
    const own = await query(server, alice, alice)
    assert.deepEqual(own.user_signing_keys, { [alice.userId]: body.user_signing_key })
  })

  test('the same keys again change nothing, others need the password and take the old ones away', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    const first = crossSigningSet(alice)
    await server.ok(alice, 'POST', UPLOAD, first.body)
    const before = await server.listPosition()
    assert.deepEqual(await server.ok(alice, 'POST', UPLOAD, first.body), {})
    assert.deepEqual(
      await server.ok(alice, 'POST', UPLOAD, { self_signing_key: first.body.self_signing_key }),
      {},
    )
    assert.equal(await server.listPosition(), before)

    const second = { master_key: crossSigningSet(alice).body.master_key }
    const challenge = await server.call(alice, 'POST', UPLOAD, second)
    assert.equal(challenge.status, 401)
    assert.deepEqual(challenge.body.flows, [{ stages: ['m.login.password'] }])
    assert.deepEqual((await query(server, alice, alice)).master_keys, {
      [alice.userId]: first.body.master_key,
    })

    const { session } = challenge.body
    const auth = { type: 'm.login.password', user: 'alice', password: 'pw-alice', session }
    const wrong = await server.call(alice, 'POST', UPLOAD, { ...second, auth: { ...auth, password: 'x' } })
    assert.deepEqual([wrong.status, wrong.body.errcode], [401, 'M_FORBIDDEN'])
    await server.ok(alice, 'POST', UPLOAD, { ...second, auth })

    const now = await query(server, alice, alice)
    assert.deepEqual(now.master_keys, { [alice.userId]: second.master_key })
    assert.deepEqual([now.self_signing_keys, now.user_signing_keys], [{}, {}])
  })

  test('an administrator may let a user replace the keys without proof, for ten minutes', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    await assert.rejects(server.keys.allowReplacement(alice.userId), { status: 404 })
    await server.ok(alice, 'POST', UPLOAD, crossSigningSet(alice).body)

    assert.equal(await server.keys.allowReplacement(alice.userId), server.clock.nowMs() + 600_000)
    server.clock.advance(600_000)
    assert.equal((await server.call(alice, 'POST', UPLOAD, crossSigningSet(alice).body)).status, 401)
    await server.keys.allowReplacement(alice.userId)
    server.clock.advance(599_999)
    await server.ok(alice, 'POST', UPLOAD, crossSigningSet(alice).body)
    // Used once, the leave is gone.
    assert.equal((await server.call(alice, 'POST', UPLOAD, crossSigningSet(alice).body)).status, 401)
  })

  test('cross-signing keys that are wrong in any way are refused', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const { master, selfSigning, body } = crossSigningSet(alice)
    const { master_key, self_signing_key } = body
    const key = (keys: object) => ({ master_key: { ...master_key, keys } })
    const device = crossKey()
    await storage.write((tx) => tx.devices.ensure(alice.userId, device.publicKey, null, 1))
    const refusals: [object, number, string][] = [
      [{ self_signing_key }, 400, 'M_MISSING_PARAM'],
      [{}, 400, 'M_MISSING_PARAM'],
      [
        { master_key, self_signing_key: crossSigningKey(alice, 'self_signing', selfSigning) },
        400,
        'M_INVALID_SIGNATURE',
      ],
      [
        { master_key, user_signing_key: crossSigningKey(alice, 'user_signing', selfSigning, crossKey()) },
        400,
        'M_INVALID_SIGNATURE',
      ],
      [{ master_key: crossSigningSet(bob).body.master_key }, 400, 'M_INVALID_PARAM'],
      [{ master_key: self_signing_key }, 400, 'M_INVALID_PARAM'],
      [key({}), 400, 'M_INVALID_PARAM'],
      [key({ [master.keyId]: crossKey().publicKey }), 400, 'M_INVALID_PARAM'],
      [key({ 'ed25519:AAAA': 'AAAA' }), 400, 'M_INVALID_PARAM'],
      [key({ [`${master.keyId}=`]: `${master.publicKey}=` }), 400, 'M_INVALID_PARAM'],
      [key({ 'curve25519:x': 'x' }), 400, 'M_INVALID_PARAM'],
      [key({ a: 1 }), 400, 'M_BAD_JSON'],
      [{ master_key: 'x' }, 400, 'M_BAD_JSON'],
      [{ master_key: { ...master_key, usage: 'master' } }, 400, 'M_BAD_JSON'],
      [{ master_key: { ...master_key, extra: 0.5 } }, 400, 'M_BAD_JSON'],
      [{ master_key: { user_id: alice.userId } }, 400, 'M_BAD_JSON'],
      [{ master_key: crossSigningKey(alice, 'master', device) }, 403, 'M_FORBIDDEN'],
    ]

    for (const [request, status, errcode] of refusals) {
      const answer = await server.call(alice, 'POST', UPLOAD, request)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(request))
    }
    assert.deepEqual((await query(server, alice, alice)).master_keys, {})
  })

  test('a device signed by its owner and a master key signed by a device are seen by all', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const { master, selfSigning, body } = crossSigningSet(alice)
    await server.ok(alice, 'POST', UPLOAD, body)
    await server.ok(alice, 'POST', '/keys/upload', { device_keys: deviceKeysOf(alice) })
    const before = await server.listPosition()

    const device = signJson(deviceKeysOf(alice), alice.userId, selfSigning)
    const signedMaster = signJson(body.master_key, alice.userId, alice.signing)
    const answer = await server.ok(alice, 'POST', SIGN, {
      [alice.userId]: { [alice.deviceId]: device, [master.publicKey]: signedMaster },
    })

    assert.deepEqual(answer, { failures: {} })
    assert.equal(await server.listPosition(), before + 1)
    const seen = await query(server, bob, alice)
    const { unsigned, ...seenDevice } = seen.device_keys[alice.userId][alice.deviceId]
    assert.deepEqual(seenDevice, device)
    assert.deepEqual(seen.master_keys[alice.userId], signedMaster)
  })

  test('only who has signed another user sees that signature', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob, carol] = [
      await server.user('alice'),
      await server.user('bob'),
      await server.user('carol'),
    ]
    const [ofAlice, ofBob] = [crossSigningSet(alice), crossSigningSet(bob)]
    await server.ok(alice, 'POST', UPLOAD, ofAlice.body)
    await server.ok(bob, 'POST', UPLOAD, ofBob.body)
    const before = await server.listPosition()

    const signed = signJson(ofBob.body.master_key, alice.userId, ofAlice.userSigning)
    const answer = await server.ok(alice, 'POST', SIGN, {
      [bob.userId]: { [ofBob.master.publicKey]: signed },
    })

    assert.deepEqual(answer, { failures: {} })
    assert.deepEqual((await query(server, alice, bob)).master_keys[bob.userId], signed)
    for (const other of [bob, carol])
      assert.deepEqual((await query(server, other, bob)).master_keys[bob.userId], ofBob.body.master_key)
    assert.deepEqual(await storage.read.devices.changedAmong([alice.userId, bob.userId], before), [])
    assert.deepEqual(await storage.read.crossSigning.signedSince(alice.userId, before), [bob.userId])
  })

  test('each signature that is wrong is told of, and the others count', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const [ofAlice, ofBob] = [crossSigningSet(alice), crossSigningSet(bob)]
    await server.ok(bob, 'POST', UPLOAD, ofBob.body)
    await server.ok(alice, 'POST', '/keys/upload', { device_keys: deviceKeysOf(alice) })
    const early = await server.ok(alice, 'POST', SIGN, {
      [alice.userId]: { [alice.deviceId]: deviceKeysOf(alice) },
      [bob.userId]: { [ofBob.master.publicKey]: ofBob.body.master_key },
    })
    assert.equal(early.failures[alice.userId][alice.deviceId].errcode, 'M_NOT_FOUND')
    assert.equal(early.failures[bob.userId][ofBob.master.publicKey].errcode, 'M_NOT_FOUND')
    await server.ok(alice, 'POST', UPLOAD, ofAlice.body)
    const before = await server.listPosition()

    const good = signJson(deviceKeysOf(alice), alice.userId, ofAlice.selfSigning)
    const { failures } = await server.ok(alice, 'POST', SIGN, {
      [alice.userId]: {
        [alice.deviceId]: { ...good, algorithms: [] },
        GONE: good,
        [ofAlice.master.publicKey]: signJson(ofAlice.body.master_key, alice.userId, {
          ...crossKey(),
          keyId: alice.signing.keyId,
        }),
      },
      [bob.userId]: {
        [bob.deviceId]: deviceKeysOf(bob),
        [ofBob.master.publicKey]: signJson(ofBob.body.master_key, alice.userId, ofAlice.selfSigning),
      },
      '@carol:else.where': { x: {} },
    })
    const errcodes = Object.fromEntries(
      Object.entries<Record<string, { errcode: string }>>(failures).flatMap(([, keys]) =>
        Object.entries(keys).map(([id, { errcode }]) => [id, errcode]),
      ),
    )
    assert.deepEqual(errcodes, {
      [alice.deviceId]: 'M_INVALID_SIGNATURE',
      GONE: 'M_NOT_FOUND',
      [ofAlice.master.publicKey]: 'M_INVALID_SIGNATURE',
      [bob.deviceId]: 'M_NOT_FOUND',
      [ofBob.master.publicKey]: 'M_INVALID_SIGNATURE',
      x: 'M_NOT_FOUND',
    })
    assert.equal(await server.listPosition(), before)

    const mixed = await server.ok(alice, 'POST', SIGN, {
      [alice.userId]: { [alice.deviceId]: good, GONE: good },
    })
    assert.deepEqual(Object.keys(mixed.failures[alice.userId]), ['GONE'])
    assert.equal(await server.listPosition(), before + 1)
    for (const body of [{ [alice.userId]: [] }, { [alice.userId]: { x: 1 } }, { alice: {} }])
      assert.equal((await server.call(alice, 'POST', SIGN, body)).status, 400)
  })

  test('signatures go with the key they are on or were made with', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const alice = await server.user('alice')
    const { master, selfSigning, body } = crossSigningSet(alice)
    await server.ok(alice, 'POST', UPLOAD, body)
    await server.ok(alice, 'POST', '/keys/upload', { device_keys: deviceKeysOf(alice) })
    const signedMaster = signJson(body.master_key, alice.userId, alice.signing)
    await server.ok(alice, 'POST', SIGN, {
      [alice.userId]: {
        [alice.deviceId]: signJson(deviceKeysOf(alice), alice.userId, selfSigning),
        [master.publicKey]: signedMaster,
      },
    })

    // The device gets another identity: neither what it has signed nor what was signed of it holds any longer.
    await server.ok(alice, 'POST', '/keys/upload', { device_keys: deviceKeysOf(alice, { new: 'identity' }) })

    const seen = await query(server, alice, alice)
    const { signatures } = seen.device_keys[alice.userId][alice.deviceId]
    assert.deepEqual(Object.keys(signatures[alice.userId]), [alice.signing.keyId])
    assert.deepEqual(seen.master_keys[alice.userId], body.master_key)
  })

  test('a deactivated account has no devices and no backups any more; its public keys stay', async () => {
    await using storage = await open()
    await using server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    const { body } = crossSigningSet(alice)
    await server.ok(alice, 'POST', UPLOAD, body)
    await server.ok(alice, 'POST', '/keys/upload', { device_keys: deviceKeysOf(alice) })
    await server.ok(alice, 'POST', '/room_keys/version', { algorithm: 'a', auth_data: {} })
    const session = { first_message_index: 0, forwarded_count: 0, is_verified: true, session_data: {} }
    await server.ok(alice, 'PUT', '/room_keys/keys/!r:test/s?version=1', session)
    const before = await server.listPosition()

    await server.accounts.deactivate(alice.userId, { erase: false })

    const seen = await query(server, bob, alice)
    assert.deepEqual(seen.device_keys, { [alice.userId]: {} })
    assert.deepEqual(seen.master_keys, { [alice.userId]: body.master_key })
    assert.deepEqual(await storage.read.devices.changedAmong([alice.userId], before), [alice.userId])
    await assert.rejects(server.keys.backups.current(alice.userId), { status: 404 })
    await server.jobs.runUntilIdle()
    assert.equal(await storage.read.backupSessions.find(alice.userId, 1, '!r:test', 's'), undefined)
  })
})
