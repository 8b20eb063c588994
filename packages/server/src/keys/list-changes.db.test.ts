import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf, syncFixture } from '../sync/fixture.ts'
import { parseToken } from '../sync/token.ts'
import { createKeys } from './keys.ts'

const [alice, bob, carol, dora] = ['alice', 'bob', 'carol', 'dora'].map((name) => requesterOf(name)) as [
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
  ReturnType<typeof requesterOf>,
]

async function setUp(storage: Storage) {
  const rooms = await syncFixture(storage)
  const keys = createKeys({
    storage,
    clock: rooms.clock,
    roomEvents: rooms.reads.roomEvents,
    isLocal: (userId) => userId.endsWith(':test'),
  })
  const now = async () => (await rooms.syncAs(alice)).next_batch
  return {
    ...rooms,
    keys,
    now,
    async changes(from: string, to?: string) {
      const range = { from: parseToken(from), to: parseToken(to ?? (await now())) }
      const { changed, left } = await keys.listChanges(alice.userId, range)
      return { changed: changed.toSorted(), left: left.toSorted() }
    },
  }
}

databaseMatrix((open) => {
  test('changed lists are those of people one shares a room with, and one’s own', async () => {
    await using storage = await open()
    const server = await setUp(storage)
    const room = await server.create(alice)
    await server.join(bob, room)
    const other = await server.create(carol)
    await server.join(dora, other)
    const from = await server.now()
    assert.deepEqual(await server.changes(from), { changed: [], left: [] })

    for (const { userId } of [alice, bob, carol])
      await storage.write((tx) => tx.devices.recordListChange(userId))

    assert.deepEqual(await server.changes(from), { changed: [alice.userId, bob.userId], left: [] })
    assert.deepEqual(await server.changes(await server.now()), { changed: [], left: [] })
  })

  test('who comes to share a room is changed, who no longer shares any has left', async () => {
    await using storage = await open()
    const server = await setUp(storage)
    const room = await server.create(alice)
    const second = await server.create(alice)
    for (const who of [bob, carol]) await server.join(who, room)
    await server.join(carol, second)
    const from = await server.now()

    await server.join(dora, room)
    await server.leave(bob, room)
    await server.leave(carol, room) // still in the second
    const between = await server.now()
    assert.deepEqual(await server.changes(from), { changed: [dora.userId], left: [bob.userId] })

    await server.leave(dora, room)
    assert.deepEqual(await server.changes(from), { changed: [], left: [bob.userId] })
    assert.deepEqual(await server.changes(between), { changed: [], left: [dora.userId] })
  })

  test('joining a room brings everybody in it, leaving it takes them away', async () => {
    await using storage = await open()
    const server = await setUp(storage)
    const room = await server.create(bob)
    await server.join(carol, room)
    const before = await server.now()

    await server.join(alice, room)
    const inside = await server.now()
    assert.deepEqual(await server.changes(before), { changed: [bob.userId, carol.userId], left: [] })
    await server.leave(alice, room)
    assert.deepEqual(await server.changes(inside), { changed: [], left: [bob.userId, carol.userId] })
    assert.deepEqual(await server.changes(before), { changed: [], left: [] })
  })

  test('whom one has signed has changed for oneself', async () => {
    await using storage = await open()
    const server = await setUp(storage)
    const room = await server.create(alice)
    for (const who of [bob, carol]) await server.join(who, room)
    const from = await server.now()

    await storage.write((tx) => tx.crossSigning.recordSigned(alice.userId, [bob.userId]))
    await storage.write((tx) => tx.crossSigning.recordSigned(bob.userId, [carol.userId]))

    assert.deepEqual((await server.changes(from)).changed, [bob.userId])
  })
})
