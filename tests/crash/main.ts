/**
 * `npm run test:crash [-- --kills N] [--database sqlite|postgres]`: kills the server with SIGKILL at random moments
 * while clients write, starts it again, and looks whether everything it had promised is there. With `--jobs` it is killed
 * while it does long work.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Client, type Ranvier, startPostgres, startRanvier } from '@ranvier/testkit'
import { type CaseResult, reportOf, runJobs } from './jobs/run.ts'
import { checkDatabase, checkHistories, findLost, findStaleSettings } from './verify.ts'
import { makeRooms, Workload } from './workload.ts'

const HELP = `Kills the server while clients write, and checks that nothing acknowledged is lost.

Usage: npm run test:crash [-- OPTIONS]

  --kills N              how often (default 50)
  --database NAME        sqlite, postgres or both (default both)
  --max-uptime-ms N      the longest time between two kills (default 600)
  --jobs                 instead: kills it while it does long work, of each kind, so often (default 20)
  --only TEXT            with --jobs: only kinds of work with this in their name
  --report FILE          with --jobs: writes the results there too
  --help                 this text`

const USERS = 8
const ROOMS = 4
const JOB_ROOMS = 20
const KILLS_PER_JOB = 5
const JOB_TIMEOUT_MS = 60_000

interface Summary {
  database: string
  kills: number
  acknowledgedEvents: number
  retriedRequests: number
  jobsResumed: number
  restartMs: { median: number; max: number }
  seconds: number
  problems: string[]
}

async function run(database: 'sqlite' | 'postgres', kills: number, maxUptimeMs: number): Promise<Summary> {
  const startedMs = performance.now()
  await using server = await startRanvier({ database })
  const { admin, users, roomIds, otherRoomIds } = await makeRooms(server, {
    users: USERS,
    rooms: ROOMS,
    others: JOB_ROOMS,
  })
  const workload = new Workload()
  const problems: string[] = []
  const restarts: number[] = []
  let checked = 0
  let jobs = 0
  workload.start(users, roomIds)
  for (let kill = 1; kill <= kills; kill++) {
    const victim =
      kill % KILLS_PER_JOB === 0
        ? await workload.insist(() => makeVictim(server, admin, otherRoomIds, kill))
        : undefined
    await wait(Math.random() * (victim === undefined ? maxUptimeMs : 100))
    await server.kill9()
    const promised = workload.promised.slice(checked)
    checked += promised.length
    problems.push(...(await checkDatabase(server)))
    const restartMs = performance.now()
    await server.start()
    restarts.push(performance.now() - restartMs)
    problems.push(...(await findLost(admin, promised)), ...(await findStaleSettings(workload)))
    if (victim !== undefined) {
      problems.push(...(await untilParted(admin, victim)))
      jobs++
    }
    problems.push(...workload.refusals.splice(0))
    console.log(
      `${database}: kill ${kill} of ${kills}, ${checked} events acknowledged, ${problems.length} problems`,
    )
    if (problems.length === 0) continue
    console.log(`${problems.slice(0, 20).join('\n')}\nThe server said:\n${server.log.slice(-20).join('\n')}`)
    break
  }
  await workload.stop()
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(
    ...missing,
    ...duplicated,
    ...(await findLost(admin, workload.promised)),
    ...workload.refusals,
  )
  const stopped = await server.stop()
  if (stopped !== 0) problems.push(`the last stop ended with exit code ${stopped}`)
  problems.push(...(await checkDatabase(server)))
  restarts.sort((a, b) => a - b)
  return {
    database,
    kills,
    acknowledgedEvents: workload.promised.length,
    retriedRequests: workload.retries,
    jobsResumed: jobs,
    restartMs: {
      median: Math.round(restarts[restarts.length >> 1] ?? 0),
      max: Math.round(restarts.at(-1) ?? 0),
    },
    seconds: Math.round((performance.now() - startedMs) / 1000),
    problems,
  }
}

/** An account in many rooms that has just been deactivated: it leaves them in a job. */
async function makeVictim(
  server: Ranvier,
  admin: Client,
  roomIds: readonly string[],
  n: number,
): Promise<string> {
  const victim = await server.register(`victim${n}`)
  for (const roomId of roomIds) await victim.join(roomId)
  await admin.post(`/_synapse/admin/v1/deactivate/${encodeURIComponent(victim.userId)}`, {})
  return victim.userId
}

/** Waits until the job has ended its work. */
async function untilParted(admin: Client, userId: string): Promise<string[]> {
  const deadline = performance.now() + JOB_TIMEOUT_MS
  for (;;) {
    const path = `/_synapse/admin/v1/users/${encodeURIComponent(userId)}/joined_rooms`
    const { total } = await admin.get<{ total: number }>(path)
    if (total === 0) return []
    if (performance.now() > deadline) return [`${userId} is still in ${total} rooms: the job did not go on`]
    await wait(50)
  }
}

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    jobs: { type: 'boolean', default: false },
    only: { type: 'string' },
    report: { type: 'string' },
    database: { type: 'string', default: 'both' },
    'max-uptime-ms': { type: 'string', default: '600' },
    help: { type: 'boolean', default: false },
  },
})
const databases = { sqlite: ['sqlite'], postgres: ['postgres'], both: ['sqlite', 'postgres'] }[
  values.database
]
if (values.help || databases === undefined) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (databases.includes('postgres') && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  const summaries: Summary[] = []
  const results: CaseResult[] = []
  for (const database of databases as ('sqlite' | 'postgres')[]) {
    if (values.jobs) results.push(...(await runJobs(database, Number(values.kills ?? 20), values.only)))
    else summaries.push(await run(database, Number(values.kills ?? 50), Number(values['max-uptime-ms'])))
  }
  console.log(values.jobs ? reportOf(results) : JSON.stringify(summaries, null, 2))
  if (values.report !== undefined) writeFileSync(values.report, reportOf(results))
  if ([...summaries, ...results].some(({ problems }) => problems.length > 0)) process.exitCode = 1
}
