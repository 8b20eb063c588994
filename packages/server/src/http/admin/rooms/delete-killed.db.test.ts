import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import { ROOM_PURGED, type Storage } from '@ranvier/storage'
import type { Transaction } from '@ranvier/storage/transaction'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { DeleteRoomProgress } from '../../../rooms/admin/delete-room.ts'
import { wholeServer } from '../whole-server-fixture.ts'
import { busyRoom, rowsOf, settled, start, ticking, V1, V2 } from './delete-fixture.ts'

/** How a room comes to be one in which nobody can do anything. */
const SPOILT: [string, (tx: Transaction, roomId: RoomId) => Promise<unknown>][] = [
  ['is deleted', (tx, roomId) => tx.roomDeletion.deleteRoom(roomId)],
  [
    'lets its maker speak no more',
    (tx, roomId) =>
      tx.db.run("DELETE FROM current_state WHERE room_id = ? AND type = 'm.room.create'", roomId),
  ],
]

/** A deletion with a new room, in the middle of making users leave; no server runs. */
async function killedWhileUsersLeave(storage: Storage) {
  const server = await wholeServer(storage)
  const people = await busyRoom(server)
  const stopped = Promise.withResolvers<void>()
  storage.subscribe((facts) => {
    const hasLeft = facts.some(
      ({ detail }) => (detail as { member?: { to: string } } | undefined)?.member?.to === 'leave',
    )
    if (hasLeft) stopped.resolve(server[Symbol.asyncDispose]())
  })
  const { admin, room } = people
  const deleteId = await start(server, admin, room, { new_room_user_id: admin.userId })
  await stopped.promise
  assert.equal((await storage.read.jobs.get(deleteId)).status, 'active')
  return { ...people, deleteId }
}

databaseMatrix((open) => {
  test('a deletion that is killed while users leave goes on: nobody is lost, and there is one new room', async () => {
    await using storage = await open()
    const { admin, alice, bob, carol, room, deleteId } = await killedWhileUsersLeave(storage)

    await using second = await wholeServer(storage)
    await settled(second)

    const { token } = admin
    const { status, shutdown_room: shutdown } = await second.ok('GET', `${V2}/delete_status/${deleteId}`, {
      token,
    })
    assert.equal(status, 'complete')
    assert.deepEqual(shutdown.kicked_users, [alice.userId, bob.userId, carol.userId])
    const { members } = await second.ok('GET', `${V1}/${shutdown.new_room_id}/members`, { token })
    assert.deepEqual(members.toSorted(), [admin.userId, alice.userId, bob.userId])
    assert.deepEqual(await rowsOf(storage, room), {})
    const { total_rooms: total } = await second.ok('GET', `${V1}?search_term=Content`, { token })
    assert.equal(total, 1)
  })

  for (const [what, spoil] of SPOILT)
    test(`a deletion whose new room ${what} meanwhile goes on without it`, async () => {
      await using storage = await open()
      const { admin, room, deleteId } = await killedWhileUsersLeave(storage)
      const { shutdown } = (await storage.read.jobs.get(deleteId)).progress as DeleteRoomProgress
      await storage.write((tx) => spoil(tx, shutdown.newRoomId!))

      await using second = await wholeServer(storage)
      await settled(second)

      const { token } = admin
      const { status, error } = await second.ok('GET', `${V2}/delete_status/${deleteId}`, { token })
      assert.deepEqual([status, error], ['complete', undefined])
      assert.deepEqual(await rowsOf(storage, room), {})
      const orphans = await storage.write((tx) =>
        tx.db.all('SELECT alias FROM room_aliases WHERE room_id NOT IN (SELECT room_id FROM rooms)'),
      )
      assert.deepEqual(orphans, [])
    })

  test('a deletion that is killed while rows are deleted goes on to the last of them', async () => {
    await using storage = await open()
    const first = await wholeServer(storage)
    const { admin, room } = await busyRoom(first)
    // More than one step takes, however quick it is.
    await storage.write((tx) =>
      tx.db.run(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO state_keys (id, room_id, type, state_key)
         SELECT 1000000 + i, r.room_id, 'x', 'key' || i FROM n, rooms r WHERE r.room_id = ?`,
        room,
      ),
    )
    const stopped = Promise.withResolvers<void>()
    storage.subscribe((facts) => {
      if (facts.some(({ change }) => change === ROOM_PURGED)) stopped.resolve(first[Symbol.asyncDispose]())
    })
    const ticks = ticking(first)
    const deleteId = await start(first, admin, room)
    await stopped.promise
    ticks[Symbol.dispose]()
    const left = await rowsOf(storage, room)
    assert.ok(left['state_keys']! >= 500 && left['rooms'] === undefined, JSON.stringify(left))
    assert.equal((await storage.read.jobs.get(deleteId)).status, 'active')

    await using second = await wholeServer(storage)
    await settled(second)

    assert.deepEqual(await rowsOf(storage, room), {})
    assert.equal((await storage.read.jobs.get(deleteId)).status, 'complete')
  })

  test('a room that is being deleted is not deleted a second time; the first call of old waits', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const { admin, room } = await busyRoom(server)
    const { token } = admin
    const path = encodeURIComponent(room)

    using _ = ticking(server)
    const answers = await Promise.all([
      server.call('DELETE', `${V2}/${path}`, { token, body: {} }),
      server.call('DELETE', `${V2}/${path}`, { token, body: {} }),
      server.call('DELETE', `${V1}/${path}`, { token, body: {} }),
    ])

    const refused = answers.filter(({ status }) => status === 400)
    assert.ok(refused.length === 1 || refused.length === 2)
    for (const { body } of refused) assert.match(body.error, /already in progress/)
    assert.equal(answers[2].status, 200)
    // Whoever came first has done the work.
    assert.equal(answers[2].body.kicked_users.length, refused.length === 2 ? 3 : 0)
  })
})
