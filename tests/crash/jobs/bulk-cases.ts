import { uploadMany } from './media-cases.ts'
import { expectEqual, type Instance, inParallel, type JobCase, type JobWorld, makeAccounts } from './world.ts'

const JOBS = '/_ranvier/admin/v1/bulk_jobs'
const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'
const ACCOUNTS = 150
const KEYED_ITEMS = 150

interface BulkState {
  status: string
  total: number
  done: number
  unchanged: number
  failed: number
}

/** Starts the job, and looks at its end: every item done, each counted once, `affected` so many times. */
function bulk(
  world: JobWorld,
  body: Record<string, unknown>,
  expected: { total: number; affected: number },
  check: () => Promise<string[]>,
): Instance {
  let jobId = ''
  return {
    async start() {
      jobId = (await world.admin.post<{ job_id: string }>(JOBS, body)).job_id
    },
    async check() {
      const { status, total, done, unchanged, failed } = await world.admin.get<BulkState>(`${JOBS}/${jobId}`)
      const items = await world.query(
        `SELECT state, COUNT(*) AS n, COUNT(DISTINCT item) AS items, SUM(affected) AS affected
         FROM bulk_items WHERE job_id = ? GROUP BY state`,
        jobId,
      )
      const sums = items.map((row) => [
        row['state'],
        Number(row['n']),
        Number(row['items']),
        Number(row['affected']),
      ])
      return [
        ...expectEqual(
          'state',
          { status, total, done, unchanged, failed },
          {
            status: 'complete',
            total: expected.total,
            done: expected.total,
            unchanged: 0,
            failed: 0,
          },
        ),
        ...expectEqual('items', sums, [['done', expected.total, expected.total, expected.affected]]),
        ...(await check()),
      ]
    },
  }
}

async function flags(world: JobWorld, n: number): Promise<Instance> {
  const action = n % 2 === 0 ? 'suspend' : 'unsuspend'
  const total = world.accounts.length
  return bulk(world, { action, filter: { name: 'many' } }, { total, affected: 0 }, async () => {
    const sql = `SELECT COUNT(*) AS n FROM users WHERE name LIKE '@many%' AND suspended = ?`
    return expectEqual('accounts changed', await world.value(sql, n % 2 === 0 ? 1 : 0), total)
  })
}

async function logOuts(world: JobWorld, n: number): Promise<Instance> {
  const users = world.accounts.slice(0, ACCOUNTS)
  const device = (i: number) => world.admin.post(`${V2}/users/${users[i]}/devices`, { device_id: `D${n}` })
  await inParallel(users.length, device)
  return bulk(
    world,
    { action: 'log_out', users },
    { total: users.length, affected: users.length },
    async () =>
      expectEqual(
        'devices left',
        await world.value("SELECT COUNT(*) AS n FROM devices WHERE user_id LIKE '@many%'"),
        0,
      ),
  )
}

async function erasures(world: JobWorld, n: number): Promise<Instance> {
  const name = `gone${n}x`
  const users = await makeAccounts(world.admin, name, ACCOUNTS)
  const join = (i: number) =>
    world.admin.post(`${V1}/join/${encodeURIComponent(world.rooms[0]!)}`, { user_id: users[i] })
  await inParallel(users.length, join)
  return bulk(
    world,
    { action: 'erase', filter: { name } },
    { total: users.length, affected: 0 },
    async () => {
      const like = `@${name}%`
      const count = (sql: string) => world.value(`SELECT COUNT(*) AS n FROM ${sql}`, like)
      return [
        ...expectEqual(
          'erased',
          await count('users WHERE name LIKE ? AND erased = 1 AND deactivated = 1'),
          ACCOUNTS,
        ),
        ...expectEqual(
          'partings',
          await count("jobs WHERE subject LIKE ? AND name = 'part-rooms'"),
          ACCOUNTS,
        ),
        ...expectEqual('joined', await count("room_members WHERE user_id LIKE ? AND membership = 'join'"), 0),
        ...expectEqual(
          'leaves',
          await count("events WHERE state_key LIKE ? AND membership = 'leave'"),
          ACCOUNTS,
        ),
      ]
    },
  )
}

async function redactions(world: JobWorld): Promise<Instance> {
  const users = world.accounts.slice(0, ACCOUNTS)
  const sql = "SELECT COUNT(*) AS n FROM jobs WHERE name = 'redact-user' AND subject LIKE '@many%'"
  const before = Number(await world.value(sql))
  return bulk(world, { action: 'redact', users }, { total: users.length, affected: 0 }, async () =>
    expectEqual('redactions begun', Number(await world.value(sql)) - before, users.length),
  )
}

async function quarantines(world: JobWorld): Promise<Instance> {
  const ids = await uploadMany(world.users[3]!, KEYED_ITEMS)
  const media = ids.map((id) => `mxc://ranvier.test/${id}`)
  const noted = 'SELECT COUNT(*) AS n FROM media_quarantine_changes'
  const before = Number(await world.value(noted))
  const wish = { action: 'quarantine_media', media }
  return bulk(world, wish, { total: ids.length, affected: ids.length }, async () =>
    expectEqual('changes noted', Number(await world.value(noted)) - before, ids.length),
  )
}

async function kicks(world: JobWorld, n: number): Promise<Instance> {
  const victim = await world.server.register(`kicked${n}`)
  const { rooms } = world
  await inParallel(rooms.length, (i) => victim.join(rooms[i]!))
  const wish = { action: 'kick', user_id: victim.userId }
  return bulk(world, wish, { total: rooms.length, affected: 0 }, async () => {
    const leaves = await world.query(
      `SELECT room_id, COUNT(*) AS n FROM events WHERE state_key = ? AND membership = 'leave' GROUP BY room_id`,
      victim.userId,
    )
    const twice = leaves.filter((row) => row['n'] !== 1)
    return expectEqual('kicks', [leaves.length, twice], [rooms.length, []])
  })
}

async function deviceDeletions(world: JobWorld): Promise<Instance> {
  const user_id = world.accounts.at(-1)!
  const devices = Array.from({ length: KEYED_ITEMS }, (_, i) => ({ user_id, device_id: `S${i}` }))
  await inParallel(devices.length, (i) =>
    world.admin.post(`${V2}/users/${user_id}/devices`, { device_id: devices[i]!.device_id }),
  )
  const total = devices.length
  return bulk(world, { action: 'delete_devices', devices }, { total, affected: total }, async () =>
    expectEqual('left', await world.value('SELECT COUNT(*) AS n FROM devices WHERE user_id = ?', user_id), 0),
  )
}

const jobs = ['bulk-job']
export const bulkCases: readonly JobCase[] = [
  { name: 'bulk: suspend and unsuspend', jobs, prepare: flags },
  { name: 'bulk: log out', jobs, prepare: logOuts },
  { name: 'bulk: erase', jobs: ['bulk-job', 'part-rooms'], prepare: erasures },
  { name: 'bulk: redact', jobs: ['bulk-job', 'redact-user'], prepare: redactions },
  { name: 'bulk: quarantine media', jobs, prepare: quarantines },
  { name: 'bulk: kick everywhere', jobs, prepare: kicks },
  { name: 'bulk: delete devices', jobs, prepare: deviceDeletions },
]
