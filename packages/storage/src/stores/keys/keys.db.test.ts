import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { openStorage, type Storage } from '../../open.ts'
import type { Fact } from '../../streams.ts'
import type { UploadedKey } from './one-time-keys.ts'

const alice = '@alice:test' as UserId
const bob = '@bob:test' as UserId

const signedKey = (keyId: string): UploadedKey => ({
  algorithm: 'signed_curve25519',
  keyId,
  key: `{"key":"${keyId}"}`,
})
const claimOf = (deviceId: string) => ({ userId: alice, deviceId, algorithm: 'signed_curve25519' })

async function claimOne(storage: Storage, deviceId = 'A'): Promise<string | undefined> {
  const [key] = await storage.write((tx) => tx.oneTimeKeys.claim([claimOf(deviceId)]))
  return key?.keyId
}

databaseMatrix((open, dialect) => {
  test('one-time keys are given out in the order of their uploads, each once', async () => {
    await using storage = await open()
    await storage.write((tx) => tx.oneTimeKeys.add(alice, 'A', [signedKey('b'), signedKey('c')]))
    await storage.write((tx) => tx.oneTimeKeys.add(alice, 'A', [signedKey('a')]))
    await storage.write((tx) =>
      tx.oneTimeKeys.add(alice, 'B', [signedKey('z'), { ...signedKey('y'), algorithm: 'other' }]),
    )
    assert.deepEqual(await storage.read.oneTimeKeys.counts(alice, 'A'), { signed_curve25519: 3 })

    const given = [await claimOne(storage), await claimOne(storage), await claimOne(storage)]

    assert.deepEqual(given.slice(0, 2).sort(), ['b', 'c'])
    assert.equal(given[2], 'a')
    assert.equal(await claimOne(storage), undefined)
    assert.deepEqual(await storage.read.oneTimeKeys.counts(alice, 'A'), {})
    assert.deepEqual(await storage.read.oneTimeKeys.counts(alice, 'B'), { other: 1, signed_curve25519: 1 })
  })

  test('many claims at once never get the same key, and get all there are', async () => {
    const options = await open.options()
    await using storage = await openStorage(options)
    // A second process, where the database can have one.
    await using other = dialect === 'postgres' ? await openStorage(options) : null
    const ids = Array.from({ length: 40 }, (_, i) => `key${i}`)
    await storage.write((tx) => tx.oneTimeKeys.add(alice, 'A', ids.map(signedKey)))
    await storage.write((tx) => tx.oneTimeKeys.setFallback(alice, 'A', signedKey('last')))

    const given = await Promise.all(
      Array.from({ length: 50 }, (_, i) => claimOne(i % 2 === 0 ? storage : (other ?? storage))),
    )

    const oneTime = given.filter((keyId) => keyId !== 'last')
    assert.deepEqual([...oneTime].sort(), [...ids].sort())
    assert.equal(given.length - oneTime.length, 10)
  })

  test('the fallback key is given out again and again, and is used from the first time on', async () => {
    await using storage = await open()
    const set = (keyId: string) =>
      storage.write((tx) => tx.oneTimeKeys.setFallback(alice, 'A', signedKey(keyId)))
    const unused = () => storage.read.oneTimeKeys.unusedFallbackTypes(alice, 'A')
    assert.equal(await set('f1'), true)
    assert.deepEqual(await unused(), ['signed_curve25519'])

    assert.equal(await claimOne(storage), 'f1')
    assert.equal(await claimOne(storage), 'f1')
    assert.deepEqual(await unused(), [])
    assert.equal(await set('f1'), false)
    assert.deepEqual(await unused(), [])
    assert.equal(await set('f2'), true)
    assert.deepEqual(await unused(), ['signed_curve25519'])
    assert.equal(await claimOne(storage), 'f2')
  })

  test('a device hears when its keys are given out, and of nothing else', async () => {
    await using storage = await open()
    const facts: Fact[] = []
    await storage.write((tx) => tx.oneTimeKeys.add(alice, 'A', [signedKey('a')]))
    await storage.write((tx) => tx.oneTimeKeys.setFallback(alice, 'A', signedKey('f')))
    storage.subscribe((batch) => facts.push(...batch))

    await claimOne(storage) // the one-time key
    await claimOne(storage) // the fallback key, now used
    await claimOne(storage) // the same again: nothing has changed
    await claimOne(storage, 'unknown')

    assert.deepEqual(
      facts.map(({ stream, key, change, detail }) => ({ stream, key, change, detail })),
      [1, 2].map(() => ({
        stream: 'to_device',
        key: alice,
        change: 'key-counts',
        detail: { deviceIds: ['A'] },
      })),
    )
  })

  test('keys of a deleted device are gone, those of others stay', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.devices.ensure(alice, 'A', 'Phone', 1)
      for (const deviceId of ['A', 'B']) {
        await tx.deviceKeys.set(alice, deviceId, `{"device_id":"${deviceId}"}`)
        await tx.oneTimeKeys.add(alice, deviceId, [signedKey('a')])
        await tx.oneTimeKeys.setFallback(alice, deviceId, signedKey('f'))
      }
    })
    assert.deepEqual(
      (await storage.read.deviceKeys.listOfUsers([alice, bob])).map((each) => [
        each.deviceId,
        each.displayName,
      ]),
      [
        ['A', 'Phone'],
        ['B', null],
      ],
    )

    await storage.write(async (tx) => {
      await tx.deviceKeys.deleteOfDevices(alice, ['A'])
      await tx.oneTimeKeys.deleteOfDevices(alice, ['A'])
    })

    assert.equal(await storage.read.deviceKeys.find(alice, 'A'), undefined)
    assert.equal(await storage.read.deviceKeys.find(alice, 'B'), '{"device_id":"B"}')
    assert.equal(await claimOne(storage, 'A'), undefined)
    assert.equal(await claimOne(storage, 'B'), 'a')
  })

  test('one sees the signatures of a key’s owner and one’s own, not those of third parties', async () => {
    await using storage = await open()
    const signature = (targetUserId: UserId, signerUserId: UserId, signerKeyId: string, text: string) => ({
      targetUserId,
      targetId: 'MSK',
      signerUserId,
      signerKeyId: `ed25519:${signerKeyId}`,
      signature: text,
    })
    const carol = '@carol:test' as UserId
    await storage.write((tx) =>
      tx.crossSigning.addSignatures([
        signature(alice, alice, 'DEV', 'by alice'),
        signature(alice, bob, 'USK', 'by bob'),
        signature(alice, carol, 'USK', 'by carol'),
      ]),
    )
    await storage.write((tx) => tx.crossSigning.addSignatures([signature(alice, bob, 'USK', 'by bob again')]))
    const seenBy = async (viewer: UserId) =>
      (await storage.read.crossSigning.signaturesFor(viewer, [alice])).map((each) => each.signature).sort()

    assert.deepEqual(await seenBy(alice), ['by alice'])
    assert.deepEqual(await seenBy(bob), ['by alice', 'by bob again'])

    await storage.write((tx) => tx.crossSigning.deleteSignaturesOfKeys(bob, ['USK']))
    assert.deepEqual(await seenBy(bob), ['by alice'])
    await storage.write((tx) => tx.crossSigning.deleteSignaturesOfKeys(alice, ['MSK']))
    assert.deepEqual(await seenBy(carol), [])
  })

  test('cross-signing keys are replaced by usage, and leave to replace ends with it', async () => {
    await using storage = await open()
    const master = (publicKey: string) => ({ userId: alice, usage: 'master' as const, publicKey, key: '{}' })
    assert.equal(await storage.write((tx) => tx.crossSigning.allowReplacement(alice, 5)), false)
    await storage.write((tx) => tx.crossSigning.set(master('one')))
    assert.equal(await storage.write((tx) => tx.crossSigning.allowReplacement(alice, 5)), true)
    assert.equal((await storage.read.crossSigning.keysOf(alice)).master?.replaceableUntilTs, 5)

    await storage.write((tx) => tx.crossSigning.set(master('two')))

    const { master: now } = await storage.read.crossSigning.keysOf(alice)
    assert.deepEqual([now?.publicKey, now?.replaceableUntilTs], ['two', null])
    await storage.write((tx) => tx.crossSigning.delete(master('two')))
    assert.deepEqual(await storage.read.crossSigning.keysOf(alice), {})
  })

  test('whom a user has signed is remembered with its position', async () => {
    await using storage = await open()
    await storage.write((tx) => tx.crossSigning.recordSigned(alice, [bob, bob]))
    const before = (await storage.positions()).device_lists
    await storage.write((tx) => tx.crossSigning.recordSigned(alice, ['@carol:test' as UserId]))

    assert.deepEqual(await storage.read.crossSigning.signedSince(alice, before), ['@carol:test'])
    assert.equal((await storage.read.crossSigning.signedSince(alice, 0)).length, 2)
    assert.deepEqual(await storage.read.crossSigning.signedSince(bob, 0), [])
  })

  test('backup versions grow and are never used again', async () => {
    await using storage = await open()
    const create = (userId: UserId) => storage.write((tx) => tx.keyBackups.create(userId, 'alg', '{"a":1}'))
    assert.deepEqual([await create(alice), await create(alice), await create(bob)], [1, 2, 1])

    assert.equal(await storage.write((tx) => tx.keyBackups.markDeleted(alice, 2)), true)
    assert.equal(await storage.write((tx) => tx.keyBackups.markDeleted(alice, 2)), false)

    assert.equal((await storage.read.keyBackups.newest(alice))?.version, 1)
    assert.equal(await storage.read.keyBackups.find(alice, 2), undefined)
    assert.equal(await storage.read.keyBackups.isKnown(alice, 2), true)
    assert.equal(await storage.read.keyBackups.isKnown(alice, 3), false)
    assert.equal(await create(alice), 3)
    assert.deepEqual((await storage.write((tx) => tx.keyBackups.markAllDeleted(alice))).sort(), [1, 3])
    assert.equal(await storage.read.keyBackups.newest(alice), undefined)
    assert.equal((await storage.read.keyBackups.newest(bob))?.version, 1)
  })

  test('backed-up sessions are replaced, paged through and deleted piece by piece', async () => {
    await using storage = await open()
    const session = (roomId: string, sessionId: string, sessionData = '{}') => ({
      roomId,
      sessionId,
      firstMessageIndex: Number.MAX_SAFE_INTEGER,
      forwardedCount: 2,
      isVerified: true,
      sessionData,
    })
    const version = await storage.write((tx) => tx.keyBackups.create(alice, 'alg', '{}'))
    const all = ['!a:x', '!b:x'].flatMap((room) => ['1', '2', '3'].map((id) => session(room, id)))
    await storage.write((tx) => tx.backupSessions.put(alice, version, all))
    await storage.write((tx) => tx.backupSessions.put(alice, version, [session('!a:x', '2', '{"new":1}')]))

    const first = await storage.read.backupSessions.page(alice, version, {
      after: { roomId: '', sessionId: '' },
      limit: 4,
    })
    const second = await storage.read.backupSessions.page(alice, version, { after: first[3]!, limit: 4 })
    assert.deepEqual(
      [...first, ...second].map((each) => each.roomId + each.sessionId),
      ['!a:x1', '!a:x2', '!a:x3', '!b:x1', '!b:x2', '!b:x3'],
    )
    assert.deepEqual(first[1], session('!a:x', '2', '{"new":1}'))
    assert.equal((await storage.read.backupSessions.ranks(alice, version, '!a:x', ['2', '9'])).length, 1)

    const remove = (roomId: string | null) =>
      storage.write((tx) => tx.backupSessions.deleteSome(alice, version, { roomId, limit: 2 }))
    assert.deepEqual([await remove('!a:x'), await remove('!a:x'), await remove('!a:x')], [2, 1, 0])
    assert.deepEqual([await remove(null), await remove(null), await remove(null)], [2, 1, 0])
  })
})
