import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ConflictError } from '../../errors.ts'
import type { Storage } from '../../open.ts'
import { type LocalMedia, MEDIA_ORDERS } from './list.ts'

const alice = '@alice:test' as UserId
const bob = '@bob:test' as UserId

function media(mediaId: string, more: Partial<LocalMedia> = {}): LocalMedia {
  return {
    mediaId,
    userId: alice,
    mediaType: 'image/png',
    mediaLength: 10,
    uploadName: null,
    createdTs: 1000,
    lastAccessTs: null,
    quarantinedBy: null,
    safeFromQuarantine: false,
    authenticated: true,
    sha256: `hash of ${mediaId}`,
    urlCache: null,
    ...more,
  }
}

async function add(storage: Storage, ...all: LocalMedia[]): Promise<void> {
  await storage.write(async (tx) => {
    for (const one of all) await tx.media.add(one)
  })
}

const idsOf = (all: readonly { mediaId: string }[]) => all.map((one) => one.mediaId)

databaseMatrix((open) => {
  test('a file is kept as it was added, and its id is taken from then on', async () => {
    await using storage = await open()
    const first = media('one', { uploadName: 'naïve “name”.png', safeFromQuarantine: true, urlCache: 'x' })

    await add(storage, first)

    assert.deepEqual(await storage.read.media.find('one'), first)
    assert.equal(await storage.read.media.find('ONE'), undefined)
    await assert.rejects(add(storage, media('one', { userId: bob })), ConflictError)
    assert.deepEqual(await storage.read.media.totalsOf(bob), { files: 0, bytes: 0 })
  })

  test('a user’s files are listed in every order both ways, equal ones by ascending id', async () => {
    await using storage = await open()
    const all = [
      media('a', { uploadName: 'z', createdTs: 3, lastAccessTs: 9, mediaLength: 5, mediaType: 'b/b' }),
      media('b', { uploadName: 'a', createdTs: 2, quarantinedBy: '@x:test', mediaLength: 5 }),
      media('c', { createdTs: 2, lastAccessTs: 4, safeFromQuarantine: true, mediaType: 'a/a' }),
      media('d', { createdTs: 1, lastAccessTs: 4 }),
    ]
    await add(storage, ...all, media('other', { userId: bob }))
    const list = async (orderBy: (typeof MEDIA_ORDERS)[number], dir: 'f' | 'b') =>
      idsOf(await storage.read.media.listOfUser(alice, { orderBy, dir, from: 0, limit: 10 })).join('')

    const got: Record<string, [string, string]> = {}
    for (const order of MEDIA_ORDERS) got[order] = [await list(order, 'f'), await list(order, 'b')]

    assert.deepEqual(got, {
      media_id: ['abcd', 'dcba'],
      upload_name: ['cdba', 'abcd'],
      created_ts: ['dbca', 'abcd'],
      last_access_ts: ['bcda', 'acdb'],
      media_length: ['abcd', 'cdab'],
      media_type: ['cabd', 'bdac'],
      quarantined_by: ['acdb', 'bacd'],
      safe_from_quarantine: ['abdc', 'cabd'],
    })
    const page = await storage.read.media.listOfUser(alice, {
      orderBy: 'media_id',
      dir: 'f',
      from: 1,
      limit: 2,
    })
    assert.deepEqual(idsOf(page), ['b', 'c'])
  })

  test('the totals of a user follow what is added and deleted', async () => {
    await using storage = await open()
    await add(storage, media('a'), media('b', { mediaLength: 5 }), media('c', { userId: bob }))

    const deleted = await storage.write((tx) => tx.media.delete(['a', 'c', 'unknown']))

    assert.deepEqual(idsOf(deleted).sort(), ['a', 'c'])
    assert.deepEqual(await storage.read.media.totalsOf(alice), { files: 1, bytes: 5 })
    assert.deepEqual(await storage.read.media.totalsOf(bob), { files: 0, bytes: 0 })
    assert.deepEqual(
      await storage.read.media.knownHashes(['hash of a', 'hash of b', 'hash of c']),
      new Set(['hash of b']),
    )
  })

  test('a quarantine reaches every file of the content, but not protected ones', async () => {
    await using storage = await open()
    const same = { sha256: 'same' }
    await add(storage, media('a', same), media('b', { ...same, userId: bob }), media('c'))
    await add(storage, media('safe', { ...same, safeFromQuarantine: true }))

    const reached = await storage.write((tx) => tx.media.quarantine(['a'], '@admin:test'))

    const byOf = async (id: string) => (await storage.read.media.find(id))?.quarantinedBy
    assert.equal(reached, 2)
    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'safe'].map(byOf)), [
      '@admin:test',
      '@admin:test',
      null,
      null,
    ])
    assert.equal(await storage.read.media.isHashQuarantined('same'), true)
    assert.equal(await storage.read.media.isHashQuarantined('hash of c'), false)
    assert.deepEqual(await storage.read.media.listQuarantinable(alice, 10), ['c'])
    assert.equal(await storage.write((tx) => tx.media.quarantine(['b'], '@other:test')), 0)

    assert.equal(await storage.write((tx) => tx.media.unquarantine(['b'])), 2)

    assert.equal(await storage.read.media.isHashQuarantined('same'), false)
    const changes = await storage.read.media.quarantineChanges(0, 10)
    assert.deepEqual(
      changes.map((change) => [change.id, change.quarantined]),
      [
        [1, true],
        [2, true],
        [3, false],
        [4, false],
      ],
    )
    assert.deepEqual(idsOf(await storage.read.media.quarantineChanges(3, 10)), [changes[3]?.mediaId])
    assert.equal(await storage.read.media.lastQuarantineChange(), 4)
  })

  test('protection is set and lifted by id', async () => {
    await using storage = await open()
    await add(storage, media('a'))

    assert.equal(await storage.write((tx) => tx.media.setProtected('a', true)), true)
    assert.equal((await storage.read.media.find('a'))?.safeFromQuarantine, true)
    assert.equal(await storage.write((tx) => tx.media.setProtected('a', false)), true)
    assert.equal((await storage.read.media.find('a'))?.safeFromQuarantine, false)
    assert.equal(await storage.write((tx) => tx.media.setProtected('b', true)), false)
  })

  test('the time of last use only moves forward', async () => {
    await using storage = await open()
    await add(storage, media('a'))
    const touched = async (ts: number) => {
      await storage.write((tx) => tx.media.touch('a', ts))
      return (await storage.read.media.find('a'))?.lastAccessTs
    }

    assert.deepEqual([await touched(50), await touched(40), await touched(60)], [50, 50, 60])
  })

  test('files unused for long are paged by their last use, large enough and unprotected ones only', async () => {
    await using storage = await open()
    await add(
      storage,
      media('new', { createdTs: 100 }),
      media('used', { createdTs: 1, lastAccessTs: 99 }),
      media('old', { createdTs: 5 }),
      media('same-age', { createdTs: 5 }),
      media('small', { createdTs: 1, mediaLength: 9 }),
      media('safe', { createdTs: 1, safeFromQuarantine: true }),
      media('held', { createdTs: 1, quarantinedBy: '@x:test' }),
    )
    const unused = (beforeTs: number, after?: LocalMedia) =>
      storage.read.media.listUnusedSince(beforeTs, 9, { ...(after && { after }), limit: 2 })

    const first = await unused(100)
    const second = await unused(100, first[1])

    assert.deepEqual([idsOf(first), idsOf(second)], [['old', 'same-age'], ['used']])
    assert.deepEqual(idsOf(await unused(99)), ['old', 'same-age'])
  })

  test('a reservation is taken once, counts until it expires, and is swept after', async () => {
    await using storage = await open()
    const reservation = { userId: alice, createdTs: 1, expiresTs: 100, authenticated: true }
    await storage.write(async (tx) => {
      await tx.mediaReservations.add({ ...reservation, mediaId: 'r1' })
      await tx.mediaReservations.add({ ...reservation, mediaId: 'r2', expiresTs: 200 })
    })
    const { mediaReservations } = storage.read

    assert.deepEqual(await mediaReservations.find('r1'), { ...reservation, mediaId: 'r1' })
    assert.deepEqual(await mediaReservations.pendingOf(alice, 50), { count: 2, firstExpiresTs: 100 })
    assert.deepEqual(await mediaReservations.pendingOf(alice, 100), { count: 1, firstExpiresTs: 200 })
    assert.deepEqual(await mediaReservations.pendingOf(bob, 0), { count: 0, firstExpiresTs: null })
    assert.equal(await storage.write((tx) => tx.mediaReservations.take('r2')), true)
    assert.equal(await storage.write((tx) => tx.mediaReservations.take('r2')), false)
    assert.equal(await storage.write((tx) => tx.mediaReservations.deleteExpired(100, 10)), 0)
    assert.equal(await storage.write((tx) => tx.mediaReservations.deleteExpired(101, 10)), 1)
    assert.equal(await mediaReservations.find('r1'), undefined)
  })
})
