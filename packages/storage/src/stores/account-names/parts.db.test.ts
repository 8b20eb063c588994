import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Storage } from '../../open.ts'

const ALICE = '@alice:test' as UserId
const BOB = '@bob:test' as UserId

async function withUsers(storage: Storage): Promise<void> {
  await storage.write(async (tx) => {
    for (const userId of [ALICE, BOB]) await tx.accounts.create({ userId, createdTs: 1 })
  })
}
const addToken = (storage: Storage, tokenHash: string, more: object = {}) =>
  storage.write((tx) =>
    tx.tokens.addAccess({
      tokenHash,
      userId: ALICE,
      deviceId: 'A',
      validUntilMs: null,
      createdTs: 1,
      ...more,
    }),
  )

databaseMatrix((open) => {
  test('a token finds its account, a puppet token the one acted for', async () => {
    await using storage = await open()
    await withUsers(storage)
    const first = await addToken(storage, 'one')
    const second = await addToken(storage, 'two', { deviceId: null, puppetsUserId: BOB, validUntilMs: 9 })
    await storage.write((tx) => tx.accounts.update(BOB, { shadowBanned: true }))

    const own = await storage.read.tokens.findHolder('one')
    const puppet = await storage.read.tokens.findHolder('two')

    assert.ok(second > first)
    assert.deepEqual(own, {
      tokenId: first,
      userId: ALICE,
      puppetedBy: null,
      deviceId: 'A',
      validUntilMs: null,
      refreshTokenId: null,
      used: false,
      isGuest: false,
      shadowBanned: false,
      suspended: false,
      locked: false,
      appserviceId: null,
      expirationTs: null,
      consentVersion: null,
      ownerType: null,
    })
    assert.deepEqual([puppet?.userId, puppet?.puppetedBy, puppet?.shadowBanned], [BOB, ALICE, true])
    assert.equal(await storage.read.tokens.findHolder('three'), undefined)
  })

  test('tokens are deleted one by one, by device, and all but those to keep', async () => {
    await using storage = await open()
    await withUsers(storage)
    const kept = await addToken(storage, 'kept', { deviceId: 'K' })
    const single = await addToken(storage, 'single', { deviceId: 'S' })
    await addToken(storage, 'device', { deviceId: 'D' })
    await addToken(storage, 'puppet', { deviceId: null, puppetsUserId: BOB })
    await addToken(storage, 'of bob', { userId: BOB })
    await addToken(storage, 'as alice', { userId: BOB, deviceId: null, puppetsUserId: ALICE })
    const alive = async () => {
      const hashes = ['kept', 'single', 'device', 'puppet', 'of bob', 'as alice']
      const found = await Promise.all(hashes.map((hash) => storage.read.tokens.findHolder(hash)))
      return hashes.filter((_, i) => found[i] !== undefined)
    }

    await storage.write((tx) => tx.tokens.deleteAccess(ALICE, single))
    await storage.write((tx) => tx.tokens.deleteOfDevices(ALICE, ['D', 'nope']))
    assert.deepEqual(await alive(), ['kept', 'puppet', 'of bob', 'as alice'])
    await storage.write((tx) => tx.tokens.deleteAllOwned(ALICE, { tokenId: kept, deviceId: 'K' }))
    assert.deepEqual(await alive(), ['kept', 'of bob', 'as alice'])
    await storage.write((tx) => tx.tokens.deleteAllOwned(ALICE))
    assert.deepEqual(await alive(), ['of bob', 'as alice'])
  })

  test('a login token is taken once, and not after its time', async () => {
    await using storage = await open()
    await storage.write((tx) => tx.loginTokens.add('a', ALICE, 10))
    await storage.write((tx) => tx.loginTokens.add('b', ALICE, 10))

    assert.equal((await storage.write((tx) => tx.loginTokens.take('a', 9)))?.userId, ALICE)
    assert.equal(await storage.write((tx) => tx.loginTokens.take('a', 9)), undefined)
    assert.equal(await storage.write((tx) => tx.loginTokens.take('b', 10)), undefined)
  })

  test('devices are made, kept, renamed and deleted, and the list of changes knows', async () => {
    await using storage = await open()
    const make = (id: string, name: string | null) =>
      storage.write((tx) => tx.devices.ensure(ALICE, id, name, 5))

    assert.deepEqual(
      [await make('A', 'a'), await make('A', 'other'), await make('B', null)],
      [true, false, true],
    )
    assert.deepEqual(await storage.read.devices.find(ALICE, 'A'), {
      userId: ALICE,
      deviceId: 'A',
      displayName: 'a',
      createdTs: 5,
      lastSeenTs: null,
      lastSeenIp: null,
      lastSeenUserAgent: null,
    })
    assert.deepEqual(await storage.read.devices.changedSince(0, 10), [{ userId: ALICE, position: 2 }])
    assert.equal(await storage.write((tx) => tx.devices.rename(ALICE, 'B', 'b')), true)
    assert.equal(await storage.write((tx) => tx.devices.rename(ALICE, 'C', 'c')), false)
    assert.equal(await storage.write((tx) => tx.devices.delete(ALICE, ['A', 'C'])), 1)
    assert.equal(await storage.write((tx) => tx.devices.delete(ALICE, ['A'])), 0)
    await storage.write((tx) =>
      tx.devices.touch([{ userId: ALICE, deviceId: 'B', ts: 7, ip: '::1', userAgent: 'x' }]),
    )
    const [left, ...rest] = await storage.read.devices.list(ALICE)
    assert.deepEqual([left?.deviceId, left?.displayName, left?.lastSeenTs, rest], ['B', 'b', 7, []])
    assert.deepEqual(await storage.read.devices.changedAmong([ALICE, BOB], 3), [ALICE])
    assert.deepEqual(await storage.read.devices.changedAmong([ALICE], 4), [])
    assert.equal((await storage.read.devices.listOfUsers([ALICE, BOB])).length, 1)
  })

  test('an address belongs to one account, and keeps its times while it stays', async () => {
    await using storage = await open()
    const put = (userId: UserId, nowMs: number) =>
      storage.write((tx) => tx.threepids.put(userId, 'email', 'a@b.c', nowMs))

    await put(ALICE, 1)
    await put(ALICE, 2)
    assert.deepEqual(await storage.read.threepids.list(ALICE), [
      { medium: 'email', address: 'a@b.c', validatedTs: 1, addedTs: 1 },
    ])
    await put(BOB, 3)
    assert.deepEqual(await storage.read.threepids.list(ALICE), [])
    assert.equal(await storage.read.threepids.findOwner('email', 'a@b.c'), BOB)
    assert.equal(await storage.write((tx) => tx.threepids.delete(ALICE, 'email', 'a@b.c')), false)
    await storage.write((tx) => tx.threepids.deleteAll(BOB))
    assert.equal(await storage.read.threepids.findOwner('email', 'a@b.c'), undefined)
  })

  test('an external id of another account is not taken', async () => {
    await using storage = await open()
    const id = { authProvider: 'p', externalId: 'x' }
    const addTo = (userId: UserId) => storage.write((tx) => tx.threepids.addExternalId(userId, id))

    assert.deepEqual([await addTo(ALICE), await addTo(ALICE), await addTo(BOB)], [true, true, false])
    assert.equal(await storage.read.threepids.findExternalOwner('p', 'x'), ALICE)
    assert.deepEqual(await storage.read.threepids.listExternalIds(ALICE), [id])
    await storage.write((tx) => tx.threepids.deleteExternalIds(ALICE))
    assert.equal(await addTo(BOB), true)
  })

  test('connections are one row for each token and address', async () => {
    await using storage = await open()
    const seen = { userId: ALICE, tokenId: 1, deviceId: null, ip: '1.1.1.1', userAgent: 'a', lastSeenTs: 1 }
    await storage.write(async (tx) => {
      await tx.userIps.record([seen])
      await tx.userIps.record([
        { ...seen, userAgent: 'b', lastSeenTs: 2 },
        { ...seen, tokenId: 2, lastSeenTs: 3 },
      ])
    })

    assert.deepEqual(await storage.read.userIps.list(ALICE), [
      { ip: '1.1.1.1', userAgent: 'a', lastSeenTs: 3 },
      { ip: '1.1.1.1', userAgent: 'b', lastSeenTs: 2 },
    ])
    assert.equal(await storage.write((tx) => tx.userIps.deleteBefore(3)), 1)
  })

  test('registration tokens count what is pending and what is done', async () => {
    await using storage = await open()
    const tokens = () => storage.read.registrationTokens.find('t')
    const add = () =>
      storage.write((tx) => tx.registrationTokens.add({ token: 't', usesAllowed: 2, expiryTs: 100 }))
    const reserve = (nowMs = 1) => storage.write((tx) => tx.registrationTokens.reserve('t', nowMs))

    assert.deepEqual([await add(), await add()], [true, false])
    assert.deepEqual([await reserve(), await reserve(), await reserve()], [true, true, false])
    await storage.write((tx) => tx.registrationTokens.release('t', true))
    assert.deepEqual(await tokens(), { token: 't', usesAllowed: 2, pending: 1, completed: 1, expiryTs: 100 })
    await storage.write((tx) => tx.registrationTokens.releaseAll())
    assert.deepEqual([await reserve(100), await reserve(99)], [false, true])
    assert.equal(await storage.write((tx) => tx.registrationTokens.update('t', null, null)), true)
    assert.deepEqual([await reserve(1000), (await tokens())?.pending], [true, 2])
    assert.equal(await storage.write((tx) => tx.registrationTokens.delete('t')), true)
    assert.deepEqual(await storage.read.registrationTokens.list(), [])
  })

  test('profile fields and rate-limit overrides are replaced and deleted', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.profiles.put(ALICE, 'm.tz', '"UTC"')
      await tx.profiles.put(ALICE, 'm.tz', '"Europe/London"')
      await tx.profiles.put(ALICE, 'a.b', '1')
      await tx.rateLimitOverrides.put(ALICE, { messagesPerSecond: 1, burstCount: 2 })
      await tx.rateLimitOverrides.put(ALICE, { messagesPerSecond: 0, burstCount: 3 })
    })

    assert.deepEqual(
      (await storage.read.profiles.list(ALICE)).map(({ field, value }) => [field, value]),
      [
        ['a.b', '1'],
        ['m.tz', '"Europe/London"'],
      ],
    )
    assert.deepEqual(await storage.read.rateLimitOverrides.find(ALICE), {
      messagesPerSecond: 0,
      burstCount: 3,
    })
    await storage.write(async (tx) => {
      await tx.profiles.delete(ALICE, 'a.b')
      await tx.rateLimitOverrides.delete(ALICE)
    })
    assert.equal(await storage.read.profiles.find(ALICE, 'a.b'), undefined)
    assert.equal(await storage.read.profiles.find(ALICE, 'm.tz'), '"Europe/London"')
    assert.equal(await storage.read.rateLimitOverrides.find(ALICE), undefined)
  })
})
