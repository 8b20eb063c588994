import { expectEqual, type Instance, inParallel, type JobCase, type JobWorld, sayMuch } from './world.ts'

const V1 = '/_synapse/admin/v1'
const CLIENT = '/_matrix/client/v3'
const enc = encodeURIComponent
const REDACTED_ROOMS = 4
const MESSAGES_PER_ROOM = 100
const BACKED_UP_KEYS = 6_000

/** Events of the user in these rooms that are redacted, and the redactions there are of them. */
function redactionsOf(world: JobWorld, userId: string, rooms: readonly string[]) {
  const list = rooms.map(() => '?').join(', ')
  return world.query(
    `SELECT (SELECT COUNT(*) FROM events WHERE room_id IN (${list}) AND sender = ? AND redacted_by IS NOT NULL) AS redacted,
       (SELECT COUNT(*) FROM events WHERE room_id IN (${list}) AND sender = ? AND type = 'm.room.redaction') AS redactions,
       (SELECT COUNT(*) FROM events WHERE room_id IN (${list}) AND sender = ? AND type = 'm.room.message'
          AND redacted_by IS NULL) AS missed`,
    ...[...rooms, userId, ...rooms, userId, ...rooms, userId],
  )
}

async function redaction(world: JobWorld, n: number): Promise<Instance> {
  const { admin, server } = world
  const victim = await server.register(`redacted${n}`)
  const rooms = world.rooms.slice(0, REDACTED_ROOMS)
  for (const roomId of rooms) await victim.join(roomId)
  for (const roomId of rooms) await sayMuch([victim], roomId, MESSAGES_PER_ROOM)
  let redactId = ''
  return {
    async start() {
      const path = `${V1}/user/${enc(victim.userId)}/redact`
      redactId = (await admin.post<{ redact_id: string }>(path, { rooms: [] })).redact_id
    },
    async check() {
      const status = await admin.get(`${V1}/user/redact_status/${redactId}`)
      const all = rooms.length * (MESSAGES_PER_ROOM + 1) // and the join
      return [
        ...expectEqual('status', status, { status: 'complete', failed_redactions: {} }),
        ...expectEqual('redactions', await redactionsOf(world, victim.userId, rooms), [
          { redacted: all, redactions: all, missed: 0 },
        ]),
      ]
    },
  }
}

async function parting(world: JobWorld, n: number): Promise<Instance> {
  const { admin, server, rooms } = world
  const victim = await server.register(`erased${n}`)
  await inParallel(rooms.length, (i) => victim.join(rooms[i]!))
  return {
    start: () => admin.post(`${V1}/deactivate/${enc(victim.userId)}`, { erase: true }),
    async check() {
      const leaves = await world.query(
        `SELECT room_id, COUNT(*) AS n FROM events WHERE state_key = ? AND membership = 'leave' GROUP BY room_id`,
        victim.userId,
      )
      const jobs = await world.query(
        `SELECT status, COUNT(*) AS n FROM jobs WHERE name = 'part-rooms' AND subject = ? GROUP BY status`,
        victim.userId,
      )
      const twice = leaves.filter((row) => row['n'] !== 1)
      const [counts] = await redactionsOf(world, victim.userId, rooms)
      return [
        ...expectEqual('jobs', jobs, [{ status: 'complete', n: 1 }]),
        ...expectEqual('rooms left', [leaves.length, twice], [rooms.length, []]),
        ...expectEqual('names redacted', counts, {
          redacted: rooms.length,
          redactions: rooms.length,
          missed: 0,
        }),
      ]
    },
  }
}

/** Derived data made anew is as it was. */
async function directory(world: JobWorld): Promise<Instance> {
  const queue = 'SELECT COUNT(*) AS n FROM user_directory_queue'
  const isIdle = async () => (await world.value(queue)) === 0
  while (!(await isIdle())) await new Promise((resolve) => setTimeout(resolve, 50))
  const dump = async () => [
    await world.query('SELECT * FROM user_directory ORDER BY user_id'),
    await world.query(
      'SELECT scope, kind, name, user_id FROM user_directory_names ORDER BY scope, kind, name, user_id',
    ),
  ]
  const before = await dump()
  return {
    start: () => startUpdate(world, 'regenerate_directory'),
    isAtWork: async () => (await world.isAtWork(['regenerate_directory'])) || !(await isIdle()),
    check: async () => [
      ...(await endedWell(world, 'regenerate_directory')),
      ...expectEqual('the directory', await dump(), before),
    ],
  }
}

async function statistics(world: JobWorld): Promise<Instance> {
  const wrong = `SELECT room_id FROM rooms r WHERE joined_count <>
    (SELECT COUNT(*) FROM room_members m WHERE m.room_id = r.room_id AND m.membership = 'join')`
  return {
    start: () => startUpdate(world, 'populate_stats_process_rooms'),
    check: async () => [
      ...(await endedWell(world, 'populate_stats_process_rooms')),
      ...expectEqual('rooms counted wrongly', await world.query(wrong), []),
    ],
  }
}

function startUpdate({ admin }: JobWorld, name: string): Promise<unknown> {
  return admin.post(`${V1}/background_updates/start_job`, { job_name: name })
}

async function endedWell(world: JobWorld, name: string): Promise<string[]> {
  const bad = await world.query(
    `SELECT id, status, error FROM jobs WHERE name = ? AND status <> 'complete'`,
    name,
  )
  return expectEqual('jobs that did not end well', bad, [])
}

async function backup(world: JobWorld): Promise<Instance> {
  const user = world.users[0]!
  const { version } = await user.post<{ version: string }>(`${CLIENT}/room_keys/version`, {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: 'abc' },
  })
  const session = { first_message_index: 0, forwarded_count: 0, is_verified: false, session_data: { a: 'b' } }
  for (let from = 0; from < BACKED_UP_KEYS; from += 1_000) {
    const sessions = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`s${from + i}`, session]))
    await user.put(`${CLIENT}/room_keys/keys?version=${version}`, {
      rooms: { [world.rooms[0]!]: { sessions } },
    })
  }
  return {
    start: () => user.delete(`${CLIENT}/room_keys/version/${version}`),
    async check() {
      const left = 'SELECT COUNT(*) AS n FROM key_backup_sessions WHERE user_id = ? AND version = ?'
      return [
        ...(await endedWell(world, 'delete-key-backup')),
        ...expectEqual('keys left', await world.value(left, user.userId, Number(version)), 0),
      ]
    },
  }
}

export const userCases: readonly JobCase[] = [
  { name: 'redact a user', jobs: ['redact-user'], prepare: redaction },
  { name: 'leave the rooms of an erased account', jobs: ['part-rooms'], prepare: parting },
  { name: 'regenerate the directory', jobs: ['regenerate_directory'], prepare: directory },
  { name: 'count the members of rooms anew', jobs: ['populate_stats_process_rooms'], prepare: statistics },
  { name: 'delete the keys of a backup', jobs: ['delete-key-backup'], prepare: backup },
]
