import { setTimeout as wait } from 'node:timers/promises'
import { auditCases } from './audit-cases.ts'
import { bulkCases } from './bulk-cases.ts'
import { mediaCases } from './media-cases.ts'
import { roomCases } from './room-cases.ts'
import { userCases } from './user-cases.ts'
import { type Instance, type JobCase, JobWorld, until } from './world.ts'

export const ALL_CASES: readonly JobCase[] = [
  ...roomCases,
  ...mediaCases,
  ...userCases,
  ...bulkCases,
  ...auditCases,
]
/** When so many were made and the kills are not reached, the work is too short to be met. */
const MAX_INSTANCES = 40
const FIRST_WINDOW_MS = 250
const MIN_WINDOW_MS = 5
const MAX_WINDOW_MS = 1_500

/** What was seen of one kind of work on one database. */
export interface CaseResult {
  database: string
  job: string
  /** Kills while it was at work. */
  kills: number
  /** How many were begun, and went on to their ends. */
  runs: number
  seconds: number
  problems: string[]
}

/** Kills the server while it does long work, until each kind has been met `kills` times. */
export async function runJobs(
  database: 'sqlite' | 'postgres',
  kills: number,
  only: string | undefined,
): Promise<CaseResult[]> {
  await using world = await JobWorld.create(database)
  const results: CaseResult[] = []
  for (const job of ALL_CASES) {
    if (only !== undefined && !job.name.includes(only)) continue
    const result = await runCase(world, job, kills)
    results.push({ database, ...result })
    console.log(JSON.stringify({ database, ...result }))
    if (result.problems.length > 0) console.log(`The server said:\n${world.server.log.slice(-10).join('\n')}`)
  }
  return results
}

async function runCase(world: JobWorld, job: JobCase, wanted: number): Promise<Omit<CaseResult, 'database'>> {
  const startedMs = performance.now()
  const problems: string[] = []
  const pace = { kills: 0, windowMs: FIRST_WINDOW_MS }
  let runs = 0
  while (pace.kills < wanted && runs < MAX_INSTANCES && problems.length === 0) {
    const instance = await job.prepare(world, runs++)
    const isAtWork = instance.isAtWork ?? (() => world.isAtWork(job.jobs))
    await killRepeatedly(world, instance, isAtWork, pace, wanted)
    if (!(await until(async () => !(await isAtWork())))) problems.push('it does not end')
    problems.push(...(await instance.check()), ...(await failedJobs(world)), ...(await damages(world)))
  }
  if (pace.kills < wanted && problems.length === 0) problems.push(`met only ${pace.kills} times`)
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  return { job: job.name, kills: pace.kills, runs, seconds, problems }
}

async function killRepeatedly(
  world: JobWorld,
  instance: Instance,
  isAtWork: () => Promise<boolean>,
  pace: { kills: number; windowMs: number },
  wanted: number,
): Promise<void> {
  await instance.start()
  while (pace.kills < wanted) {
    await wait(Math.random() * pace.windowMs)
    if (!(await isAtWork())) {
      pace.windowMs = Math.max(MIN_WINDOW_MS, pace.windowMs * 0.6)
      return
    }
    await world.server.kill9()
    const wasMet = await isAtWork()
    await world.server.start()
    if (wasMet) {
      pace.kills++
      pace.windowMs = Math.min(MAX_WINDOW_MS, pace.windowMs * 1.1)
    }
  }
}

export async function failedJobs(world: JobWorld): Promise<string[]> {
  const rows = await world.query(`SELECT name, error FROM jobs WHERE status = 'failed'`)
  return rows.map((row) => `a job ${row['name']} failed: ${row['error']}`)
}

async function damages(world: JobWorld): Promise<string[]> {
  if (world.server.storageOptions.dialect === 'postgres') return []
  const check = await world.value('PRAGMA quick_check')
  return check === 'ok' ? [] : [`the file is damaged: ${check}`]
}

/** The results as a table. */
export function reportOf(results: readonly CaseResult[]): string {
  const rows = results.map(
    ({ database, job, kills, runs, seconds, problems }) =>
      `| ${job} | ${database} | ${kills} | ${runs} | ${seconds} | ${problems.length === 0 ? 'none' : problems.join('; ')} |`,
  )
  return `| Work | Database | Kills while at work | Runs | Seconds | Problems |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`
}
