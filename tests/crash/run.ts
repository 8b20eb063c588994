import { setTimeout as wait } from 'node:timers/promises'
import { checkMediaStore, Files, findWrongFiles } from './files.ts'
import { changesOfTheMix, jobsOfTheMix, LongWork } from './jobs/long-work.ts'
import { JobWorld } from './jobs/world.ts'
import { checkDatabase, checkHistories, findLost, findStaleSettings } from './verify.ts'
import { roomsOf, Workload } from './workload.ts'

const WRITERS = 8
const ROOMS = 4
const UPLOADERS = 3
/** A piece of work is met so often at most before it is let come to its end. */
const KILLS_PER_JOB = 4
const KILLS_PER_CHANGES = 20

export interface Summary {
  database: string
  kills: number
  /** Sends that were answered; each is looked for after the next kill, and again in the end. */
  events: number
  files: number
  filesDeleted: number
  /** Jobs, and runs of administrators' changes, that came to their ends, and how often a kill has met one at work. */
  jobs: number
  jobsMet: number
  changes: number
  changesMet: number
  retriedRequests: number
  restartMs: { median: number; max: number }
  seconds: number
  problems: string[]
}

/**
 * Kills the server so often while people write, others upload and delete files, administrators change accounts and the server
 * does long work, one kind after another; looks after each whether everything it had promised is there.
 */
export async function runMix(
  database: 'sqlite' | 'postgres',
  kills: number,
  maxUptimeMs: number,
): Promise<Summary> {
  const startedMs = performance.now()
  await using world = await JobWorld.create(database)
  const { server, admin } = world
  const writers = world.users.slice(0, WRITERS)
  const uploaders = await Promise.all(
    Array.from({ length: UPLOADERS }, (_, i) => server.register(`uploader${i}`)),
  )
  const roomIds = await roomsOf(admin, writers, ROOMS)
  const workload = new Workload()
  const files = new Files(workload, admin)
  const jobs = new LongWork(world, jobsOfTheMix, KILLS_PER_JOB)
  const changes = new LongWork(world, changesOfTheMix, KILLS_PER_CHANGES)
  const problems: string[] = []
  const restarts: number[] = []
  const checked = { events: 0, files: 0 }
  let killed = 0
  workload.start(writers, roomIds)
  files.start(uploaders)
  while (killed < kills && problems.length === 0) {
    await jobs.begin()
    await changes.begin()
    await wait(Math.random() * maxUptimeMs)
    await server.kill9()
    killed++
    const events = workload.promised.slice(checked.events)
    const newFiles = files.promised.slice(checked.files)
    checked.events += events.length
    checked.files += newFiles.length
    problems.push(...(await checkDatabase(server, { isPurged: jobs.hasPurged })))
    const restartMs = performance.now()
    await server.start()
    restarts.push(performance.now() - restartMs)
    problems.push(...(await findLost(admin, events)), ...(await findStaleSettings(workload)))
    problems.push(...(await findWrongFiles(admin, newFiles)))
    problems.push(...(await jobs.lookAfterKill()), ...(await changes.lookAfterKill()))
    problems.push(...workload.refusals.splice(0))
    console.log(
      `${database}: kill ${killed} of ${kills}, ${checked.events} events, ${checked.files} files, ${jobs.ended} jobs, ${problems.length} problems`,
    )
  }
  if (problems.length > 0)
    console.log(`${problems.slice(0, 20).join('\n')}\nThe server said:\n${server.log.slice(-20).join('\n')}`)
  await workload.stop()
  problems.push(...(await jobs.finish()), ...(await changes.finish()))
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(
    ...missing,
    ...duplicated,
    ...(await findLost(admin, workload.promised)),
    ...workload.refusals,
  )
  problems.push(...(await findWrongFiles(admin, files.promised)))
  problems.push(...(await checkMediaStore(world, killed * UPLOADERS)))
  const stopped = await server.stop()
  if (stopped !== 0) problems.push(`the last stop ended with exit code ${stopped}`)
  problems.push(...(await checkDatabase(server, { isPurged: jobs.hasPurged })))
  restarts.sort((a, b) => a - b)
  return {
    database,
    kills: killed,
    events: workload.promised.length,
    files: files.promised.length,
    filesDeleted: files.promised.filter(({ state }) => state === 'gone').length,
    jobs: jobs.ended,
    jobsMet: jobs.met,
    changes: changes.ended,
    changesMet: changes.met,
    retriedRequests: workload.retries,
    restartMs: {
      median: Math.round(restarts[restarts.length >> 1] ?? 0),
      max: Math.round(restarts.at(-1) ?? 0),
    },
    seconds: Math.round((performance.now() - startedMs) / 1000),
    problems,
  }
}

/** The results as rows of a table. */
export function rowsOf(summaries: readonly Summary[]): string {
  const rows = summaries.map(
    (one) =>
      `| ${one.database} | ${one.kills} | ${one.events} | ${one.files} (${one.filesDeleted} deleted) | ${one.jobs} (met ${one.jobsMet} times) | ${one.changes} (met ${one.changesMet} times) | ${one.problems.length === 0 ? 'none' : one.problems.join('; ')} |`,
  )
  return `| Database | Kills | Events | Files | Jobs | Runs of changes | Problems |\n|---|---|---|---|---|---|---|\n${rows.join('\n')}\n`
}
