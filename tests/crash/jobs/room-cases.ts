import { expectEqual, type Instance, type JobCase, type JobWorld, sayMuch } from './world.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'
const TITLE = 'Removed'
const MESSAGES = 400
const enc = encodeURIComponent

interface DeletionStatus {
  status: string
  shutdown_room: {
    kicked_users: string[]
    failed_to_kick_users: string[]
    local_aliases: string[]
    new_room_id: string
  }
}

async function deletion(world: JobWorld, n: number, purge: boolean): Promise<Instance> {
  const { admin, users } = world
  const alias = `doomed${purge ? 'purged' : 'kept'}${n}`
  const roomId = await users[0]!.createRoom({ preset: 'public_chat', room_alias_name: alias })
  for (const user of users.slice(1)) await user.join(roomId)
  await sayMuch(users, roomId, MESSAGES)
  const title = `${TITLE} ${alias}`
  let deleteId = ''
  return {
    async start() {
      const body = { new_room_user_id: admin.userId, room_name: title, block: true, purge }
      deleteId = (await admin.delete<{ delete_id: string }>(`${V2}/rooms/${enc(roomId)}`, body)).delete_id
    },
    async check() {
      const { status, shutdown_room: shutdown } = await admin.get<DeletionStatus>(
        `${V2}/rooms/delete_status/${deleteId}`,
      )
      const everybody = users.map(({ userId }) => userId).sort()
      const newRooms = await world.query('SELECT room_id FROM rooms WHERE name = ?', title)
      const moved = await world.query(
        `SELECT user_id FROM room_members WHERE room_id = ? AND membership = 'join' AND user_id <> ? ORDER BY user_id`,
        shutdown.new_room_id,
        admin.userId,
      )
      const leaves = await world.query(
        `SELECT state_key, COUNT(*) AS n FROM events WHERE room_id = ? AND membership = 'leave' GROUP BY state_key`,
        roomId,
      )
      const { block } = await admin.get<{ block: boolean }>(`${V1}/rooms/${enc(roomId)}/block`)
      const target = await admin.get<{ room_id: string }>(
        `/_matrix/client/v3/directory/room/${enc(`#${alias}:ranvier.test`)}`,
      )
      const twice = leaves.filter((row) => row['n'] !== 1)
      return [
        ...expectEqual('status', status, 'complete'),
        ...expectEqual('kicked', [...shutdown.kicked_users].sort(), everybody),
        ...expectEqual('failed to kick', shutdown.failed_to_kick_users, []),
        ...expectEqual('new rooms', newRooms, [{ room_id: shutdown.new_room_id }]),
        ...expectEqual(
          'moved',
          moved.map((row) => row['user_id']),
          everybody,
        ),
        ...expectEqual('blocked', block, true),
        ...expectEqual('alias', target.room_id, shutdown.new_room_id),
        ...(purge
          ? expectEqual('left behind', await world.rowsOfRoom(roomId), [])
          : expectEqual('leaves', [leaves.length, twice], [users.length, []])),
      ]
    },
  }
}

async function purgeOfHistory(world: JobWorld): Promise<Instance> {
  const { admin, users } = world
  const roomId = await users[0]!.createRoom({ preset: 'public_chat' })
  for (const user of users.slice(1, 5)) await user.join(roomId)
  await sayMuch(users.slice(0, 5), roomId, 1_500)
  const mark = await users[0]!.send(roomId, 'mark')
  for (let i = 0; i < 10; i++) await users[0]!.send(roomId, `later ${i}`)
  const stateOf = () =>
    world.query(
      'SELECT type, state_key, nid FROM current_state WHERE room_id = ? ORDER BY type, state_key',
      roomId,
    )
  const state = await stateOf()
  const surplus = () =>
    world.value(
      `SELECT event_count - (SELECT COUNT(*) FROM events e WHERE e.room_id = r.room_id) AS n FROM rooms r WHERE room_id = ?`,
      roomId,
    )
  const before = await surplus()
  let purgeId = ''
  return {
    async start() {
      const body = { purge_up_to_event_id: mark, delete_local_events: true }
      purgeId = (await admin.post<{ purge_id: string }>(`${V1}/purge_history/${enc(roomId)}`, body)).purge_id
    },
    async check() {
      const messages = `SELECT COUNT(*) AS n FROM events WHERE room_id = ? AND type = 'm.room.message'`
      return [
        ...expectEqual('status', await admin.get(`${V1}/purge_history_status/${purgeId}`), {
          status: 'complete',
        }),
        ...expectEqual('messages', await world.value(messages, roomId), 11),
        ...expectEqual('counted events', await surplus(), before),
        ...expectEqual('state', await stateOf(), state),
      ]
    },
  }
}

export const roomCases: readonly JobCase[] = [
  {
    name: 'delete a room with purge',
    jobs: ['delete-room'],
    prepare: (world, n) => deletion(world, n, true),
  },
  {
    name: 'delete a room without purge',
    jobs: ['delete-room'],
    prepare: (world, n) => deletion(world, n, false),
  },
  { name: 'purge history', jobs: ['purge-history'], prepare: purgeOfHistory },
]
