import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Fact } from '../../streams.ts'

const alice = '@alice:test' as UserId
const bob = '@bob:test' as UserId
const room = '!room:test' as RoomId

databaseMatrix((open) => {
  test('account data keeps the newest value of each piece and tells what changed since', async () => {
    await using storage = await open()
    const facts: Fact[] = []
    storage.subscribe((batch) => facts.push(...batch))
    await storage.write((tx) => tx.accountData.set(alice, null, 'm.direct', '{"a":1}'))
    await storage.write((tx) => tx.accountData.set(alice, room, 'm.tag', '{}'))
    await storage.write((tx) => tx.accountData.set(bob, null, 'm.direct', '{"b":1}'))
    await storage.write((tx) => tx.accountData.set(alice, null, 'm.direct', '{"a":2}'))

    assert.equal(await storage.read.accountData.find(alice, null, 'm.direct'), '{"a":2}')
    assert.equal(await storage.read.accountData.find(alice, room, 'm.direct'), undefined)
    const changes = await storage.read.accountData.changes(alice, 1, 4)
    assert.deepEqual(
      changes.map((row) => [row.roomId, row.type, row.position]),
      [
        [room, 'm.tag', 2],
        [null, 'm.direct', 4],
      ],
    )
    assert.deepEqual(
      facts.map((fact) => [fact.position, fact.key]),
      [
        [1, alice],
        [2, alice],
        [3, bob],
        [4, alice],
      ],
    )

    await storage.write((tx) => tx.accountData.deleteAll(alice))
    assert.deepEqual(await storage.read.accountData.listAll(alice), [])
    assert.equal(await storage.read.accountData.find(bob, null, 'm.direct'), '{"b":1}')
  })

  test('a receipt never moves back, and threads are apart', async () => {
    await using storage = await open()
    const receipt = (eventPosition: number, threadId: string | null) => ({
      roomId: room,
      userId: alice,
      type: 'm.read' as const,
      threadId,
      eventId: `$e${eventPosition}` as EventId,
      eventPosition,
      ts: 1000,
    })
    const advance = (eventPosition: number, threadId: string | null) =>
      storage.write((tx) => tx.receipts.advance(receipt(eventPosition, threadId)))

    assert.equal(await advance(5, null), true)
    assert.equal(await advance(5, null), false)
    assert.equal(await advance(4, null), false)
    assert.equal(await advance(3, 'main'), true)
    assert.equal(await advance(9, null), true)

    const rows = await storage.read.receipts.list(room, alice)
    assert.deepEqual(
      new Map(rows.map((row) => [row.threadId, row.eventPosition])),
      new Map([
        [null, 9],
        ['main', 3],
      ]),
    )
    assert.deepEqual(
      (await storage.read.receipts.changes(room, 1, 3)).map((row) => row.position),
      [2, 3],
    )
    assert.deepEqual(await storage.read.receipts.changedRooms([room, '!other:test'], 0), [
      { roomId: room, position: 3 },
    ])
    assert.equal(await storage.write((tx) => tx.receipts.deleteOfRoom(room, 1)), 1)
    assert.equal((await storage.read.receipts.listOfUser(alice)).length, 1)
  })

  test('messages for a device wait in order until it acknowledges them', async () => {
    await using storage = await open()
    const facts: Fact[] = []
    storage.subscribe((batch) => facts.push(...batch))
    const message = (userId: UserId, deviceId: string, text: string) => ({ userId, deviceId, message: text })
    await storage.write((tx) =>
      tx.toDevice.add([message(alice, 'A', 'one'), message(bob, 'B', 'two'), message(alice, 'A', 'three')]),
    )

    const waiting = await storage.read.toDevice.list(alice, 'A', { after: 0, upTo: 3, limit: 100 })
    assert.deepEqual(waiting, [
      { position: 1, message: 'one' },
      { position: 3, message: 'three' },
    ])
    assert.deepEqual(
      facts.map((fact) => [fact.position, fact.key]),
      [
        [3, alice],
        [3, bob],
      ],
    )
    await storage.write((tx) => tx.toDevice.acknowledge(alice, 'A', 1))
    assert.deepEqual(await storage.read.toDevice.waiting(alice), [{ deviceId: 'A', position: 3 }])
    await storage.write((tx) => tx.toDevice.deleteOfDevices(alice, ['A']))
    assert.deepEqual(await storage.read.toDevice.waiting(alice), [])
    assert.deepEqual(await storage.read.toDevice.waiting(bob), [{ deviceId: 'B', position: 2 }])
  })

  test('filters, push rules, presence and unread checkpoints are found again', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.filters.keep(alice, 'f', '{}')
      await tx.filters.keep(alice, 'f', '{}')
      await tx.pushRules.set(alice, '{"x":1}')
      await tx.pushRules.set(alice, '{"x":2}')
      await tx.presence.set({
        userId: alice,
        state: 'online',
        statusMsg: null,
        lastActiveTs: 1,
        currentlyActive: true,
      })
      await tx.unread.keep(alice, [{ roomId: room, upTo: 5, items: '[]' }])
      await tx.unread.keep(alice, [{ roomId: room, upTo: 6, items: '[1]' }])
    })

    assert.equal(await storage.read.filters.find(alice, 'f'), '{}')
    assert.equal(await storage.read.filters.find(bob, 'f'), undefined)
    assert.deepEqual(await storage.read.pushRules.find(alice), { rules: '{"x":2}', position: 2 })
    assert.equal((await storage.read.presence.find(alice))?.currentlyActive, true)
    assert.deepEqual(
      (await storage.read.presence.listPresent(10)).map((row) => row.userId),
      [alice],
    )
    assert.deepEqual(await storage.read.unread.listOfUser(alice), [{ roomId: room, upTo: 6, items: '[1]' }])
  })
})
