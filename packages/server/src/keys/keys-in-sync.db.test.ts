import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture } from '../sync/fixture.ts'
import { keyCounts } from './key-counts.ts'

const [alice, bob] = [requesterOf('alice'), requesterOf('bob')]
const device = { userId: alice.userId, deviceId: alice.deviceId! }
const key = (keyId: string) => ({ algorithm: 'signed_curve25519', keyId, key: '"key"' })
const claim = (storage: Storage) =>
  storage.write((tx) => tx.oneTimeKeys.claim([{ ...device, algorithm: 'signed_curve25519' }]))

databaseMatrix((open) => {
  test('a waiting sync is answered when a key of its device is given out, with what is left', async () => {
    await using storage = await open()
    const server = await syncFixture(storage, { keyCounts: keyCounts(storage) })
    await storage.write((tx) => tx.oneTimeKeys.add(device.userId, device.deviceId, [key('a'), key('b')]))
    await storage.write((tx) => tx.oneTimeKeys.setFallback(device.userId, device.deviceId, key('f')))
    const first = await server.syncAs(alice)
    assert.deepEqual(first.device_one_time_keys_count, { signed_curve25519: 2 })
    assert.deepEqual(first.device_unused_fallback_key_types, ['signed_curve25519'])

    const left: unknown[] = []
    let since = first.next_batch
    for (let i = 0; i < 3; i++) {
      const waiting = server.syncAs(alice, { since, timeoutMs: 60_000 })
      await claim(storage)
      const answer = await waiting
      left.push([
        answer.device_one_time_keys_count['signed_curve25519'],
        answer.device_unused_fallback_key_types,
      ])
      since = answer.next_batch
    }

    assert.deepEqual(left, [
      [1, ['signed_curve25519']],
      [0, ['signed_curve25519']],
      [0, []],
    ])
  })

  test('signing another user’s key tells one’s own devices, and nobody else', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(alice)
    await server.join(bob, room)
    const old = (await server.syncAs(alice)).next_batch
    const ofBob = (await server.syncAs(bob)).next_batch

    await storage.write((tx) => tx.crossSigning.recordSigned(alice.userId, [bob.userId]))

    const seen = await server.syncAs(alice, { since: old })
    assert.deepEqual(seen.device_lists, { changed: [bob.userId], left: [] })
    assert.equal((await server.syncAs(alice, { since: seen.next_batch })).device_lists, undefined)
    assert.equal((await server.syncAs(bob, { since: ofBob })).device_lists, undefined)

    // One who was not syncing meanwhile reads it from the database.
    const later = await syncFixture(storage)
    assert.deepEqual((await later.syncAs(alice, { since: old })).device_lists?.changed, [bob.userId])
  })

  test('one’s own new keys are told also when one joined a room meanwhile', async () => {
    await using storage = await open()
    const server = await syncFixture(storage)
    const room = await server.create(bob)
    const since = (await server.syncAs(alice)).next_batch

    await server.join(alice, room)
    await storage.write((tx) => tx.devices.recordListChange(alice.userId))

    const { device_lists } = await server.syncAs(alice, { since })
    assert.deepEqual(device_lists?.changed.toSorted(), [alice.userId, bob.userId])
  })
})
