import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { manualClock } from '../clock.ts'
import { jobRunner } from '../jobs/runner.ts'
import { deactivateAccount, reactivateIn } from './deactivate.ts'
import { partRoomsJob } from './part-rooms.ts'

const ALICE = '@alice:test' as UserId

async function joinRooms(storage: Storage, count: number): Promise<void> {
  await storage.write(async (tx) => {
    for (let i = 0; i < count; i++)
      await tx.db.run(
        'INSERT INTO room_members (room_id, user_id, membership, nid, sender) VALUES (?, ?, ?, ?, ?)',
        `!${String(i).padStart(3, '0')}`,
        ALICE,
        i % 5 === 0 ? 'invite' : 'join',
        i,
        ALICE,
      )
  })
}

databaseMatrix((open) => {
  test('a deactivated account leaves its rooms, one failure stopping nothing', async () => {
    await using storage = await open()
    const clock = manualClock()
    await storage.write((tx) => tx.accounts.create({ userId: ALICE, createdTs: 1 }))
    await joinRooms(storage, 45)
    const failures: string[] = []
    const partRoom = async (userId: UserId, roomId: RoomId) => {
      if (roomId === '!007') throw new Error('this room cannot be left')
      await storage.write((tx) =>
        tx.db.run(
          `UPDATE room_members SET membership = 'leave' WHERE room_id = ? AND user_id = ?`,
          roomId,
          userId,
        ),
      )
    }
    const job = partRoomsJob({
      storage,
      partRoom,
      redact: () => assert.fail('redacted'),
      onError: (_, { roomId }) => failures.push(roomId),
    })
    await using runner = jobRunner({
      storage,
      clock,
      kinds: [job],
      onError: (error) => assert.fail(String(error)),
    })

    await deactivateAccount({ storage, clock, dependents: [] })(ALICE, { erase: false })
    await runner.runUntilIdle()

    const left = await storage.read.members.roomsOf(ALICE, ['join', 'invite'])
    assert.deepEqual(
      left.map((room) => room.roomId),
      ['!007'],
    )
    assert.deepEqual(failures, ['!007'])
    const [done] = await storage.read.jobs.list({ name: 'part-rooms' }, 10)
    assert.deepEqual([done?.status, done?.progress], ['complete', { left: 44, failed: ['!007'] }])
  })

  test('nothing is left when the account was opened again', async () => {
    await using storage = await open()
    const clock = manualClock()
    await storage.write((tx) => tx.accounts.create({ userId: ALICE, createdTs: 1 }))
    await joinRooms(storage, 3)
    const job = partRoomsJob({
      storage,
      partRoom: () => assert.fail('left a room'),
      redact: () => assert.fail('redacted'),
      onError: () => {},
    })
    await using runner = jobRunner({
      storage,
      clock,
      kinds: [job],
      onError: (error) => assert.fail(String(error)),
    })
    await deactivateAccount({ storage, clock, dependents: [] })(ALICE, { erase: false })

    await storage.write((tx) => reactivateIn(tx, ALICE))
    await runner.runUntilIdle()

    assert.equal((await storage.read.members.roomsOf(ALICE, ['join', 'invite'])).length, 3)
  })

  test('what other parts keep goes in the same transaction, or the account stays open', async () => {
    await using storage = await open()
    const clock = manualClock()
    await storage.write((tx) => tx.accounts.create({ userId: ALICE, createdTs: 1 }))
    await storage.write((tx) => tx.devices.ensure(ALICE, 'A', null, 1))
    const told: unknown[] = []
    const dependents = [
      {
        deleteOfDevices: async (_: unknown, userId: UserId, deviceIds: readonly string[]) =>
          void told.push([userId, deviceIds]),
        deleteOfAccount: async (_: unknown, userId: UserId) => {
          told.push(userId)
          throw new Error('cannot')
        },
      },
    ]

    const deactivate = deactivateAccount({ storage, clock, dependents })
    await assert.rejects(deactivate(ALICE, { erase: true }), /cannot/)

    assert.deepEqual(told, [[ALICE, ['A']], ALICE])
    assert.equal((await storage.read.accounts.get(ALICE)).deactivated, false)
    assert.equal((await storage.read.devices.list(ALICE)).length, 1)
  })
})
