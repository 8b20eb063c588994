import { setTimeout as wait } from 'node:timers/promises'
import { checkMediaStore, Files, findWrongFiles } from './files.ts'
import { changesOfTheMix, jobsOfTheMix, LongWork } from './jobs/long-work.ts'
import { JobWorld, until } from './jobs/world.ts'
import { findUnstoredEvents, findUnstoredFiles, findUnstoredSettings } from './stored.ts'
import { checkDatabase, checkHistories, findLost, findStaleSettings } from './verify.ts'
import { roomsOf, Workload } from './workload.ts'

const WRITERS = 8
const ROOMS = 4
const UPLOADERS = 3
/** A piece of work is met so often at most before it is let come to its end. */
const KILLS_PER_JOB = 4
const KILLS_PER_CHANGES = 20
/** A moment after which a kill comes is not the moment of an answer. */
const JITTER_MS = 20
/** After so many everything promised is looked for, else what is new. */
const KILLS_PER_REVIEW = 25
/** So much of what is new is asked for at the server too. */
const SEEN = 20

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
  maxAnswers: number,
): Promise<Summary> {
  const startedMs = performance.now()
  await using world = await JobWorld.create(database)
  await world.server.restart() // who is killed does not leave its compiled code, with which each start is twice as fast
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
  workload.pause()
  workload.start(writers, roomIds)
  files.start(uploaders)
  while (killed < kills && problems.length === 0) {
    // Nobody waits for what is made beforehand, and no kill meets it.
    await jobs.begin()
    await changes.begin()
    workload.resume()
    await someMoment(workload, maxAnswers)
    await server.kill9()
    workload.pause()
    killed++
    if (killed % KILLS_PER_REVIEW === 0) checked.events = checked.files = 0
    const events = workload.promised.slice(checked.events)
    const newFiles = files.promised.slice(checked.files)
    checked.events += events.length
    checked.files += newFiles.length
    problems.push(...(await findUnstoredEvents(world, events)), ...(await findUnstoredFiles(world, newFiles)))
    problems.push(...(await findUnstoredSettings(world, workload)))
    if (killed % KILLS_PER_REVIEW === 0)
      problems.push(...(await checkDatabase(server, { isPurged: jobs.hasPurged })))
    const restartMs = performance.now()
    await server.start()
    restarts.push(performance.now() - restartMs)
    problems.push(...(await findLost(admin, events.slice(-SEEN))), ...(await findStaleSettings(workload)))
    problems.push(...(await findWrongFiles(admin, newFiles.slice(-SEEN))))
    problems.push(...(await jobs.lookAfterKill()), ...(await changes.lookAfterKill()))
    problems.push(...workload.refusals.splice(0))
    console.log(
      `${database}: kill ${killed} of ${kills}, ${checked.events} events, ${checked.files} files, ${jobs.ended} jobs, ${changes.ended} runs of changes, ${problems.length} problems after ${secondsSince(startedMs)} s`,
    )
  }
  if (problems.length > 0)
    console.log(`${problems.slice(0, 20).join('\n')}\nThe server said:\n${server.log.slice(-20).join('\n')}`)
  await workload.stop()
  problems.push(...(await jobs.finish()), ...(await changes.finish()))
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(...missing, ...duplicated, ...workload.refusals)
  problems.push(...(await findWrongFiles(admin, files.promised)))
  problems.push(...(await checkMediaStore(world, killed * UPLOADERS)))
  const stopped = await server.stop()
  if (stopped !== 0) problems.push(`the last stop ended with exit code ${stopped}`)
  problems.push(...(await findUnstoredEvents(world, workload.promised)))
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
    seconds: secondsSince(startedMs),
    problems,
  }
}

/** Some time later: in work done, as time alone means little on a machine that is busy. */
async function someMoment(workload: Workload, maxAnswers: number): Promise<void> {
  const end = workload.answers + Math.random() * maxAnswers
  await until(async () => workload.answers >= end)
  await wait(Math.random() * JITTER_MS)
}

const secondsSince = (startedMs: number) => Math.round((performance.now() - startedMs) / 1000)

/** The results as rows of a table. */
export function rowsOf(summaries: readonly Summary[]): string {
  const rows = summaries.map(
    (one) =>
      `| ${one.database} | ${one.kills} | ${one.events} | ${one.files} (${one.filesDeleted} deleted) | ${one.jobs} (met ${one.jobsMet} times) | ${one.changes} (met ${one.changesMet} times) | ${one.problems.length === 0 ? 'none' : one.problems.join('; ')} |`,
  )
  return `| Database | Kills | Events | Files | Jobs | Runs of changes | Problems |\n|---|---|---|---|---|---|---|\n${rows.join('\n')}\n`
}
