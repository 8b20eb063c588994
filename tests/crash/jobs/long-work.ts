import { ALL_CASES, failedJobs } from './run.ts'
import { type Instance, type JobCase, type JobWorld, until } from './world.ts'

/** Much else goes on, and the machine may be busy. */
const TIMEOUT_MS = 600_000
/** They look at files or accounts that others change meanwhile. */
const NOT_BESIDE_OTHERS = [
  'delete media by date and size',
  'delete media of a user',
  'regenerate the directory',
]

const isPurge = ({ jobs, name }: JobCase) => jobs.includes('purge-history') || name.includes('with purge')

/** What the server does in jobs; those that take events away come last. */
export const jobsOfTheMix = ALL_CASES.filter(
  ({ name, jobs }) => jobs.length > 0 && !NOT_BESIDE_OTHERS.includes(name),
).sort((a, b) => Number(isPurge(a)) - Number(isPurge(b)))
/** What administrators change without pause, and the audit log of it. */
export const changesOfTheMix = ALL_CASES.filter(({ jobs }) => jobs.length === 0)

/** One kind of long work after another; each may be met by so many kills before it is let come to its end. */
export class LongWork {
  /** How many have ended, and how often one was met. */
  ended = 0
  met = 0
  /** Whether one has taken events away. */
  hasPurged = false
  readonly #world: JobWorld
  readonly #cases: readonly JobCase[]
  readonly #maxKills: number
  #begun = 0
  #now: { job: JobCase; instance: Instance; kills: number } | undefined

  constructor(world: JobWorld, cases: readonly JobCase[], maxKills: number) {
    this.#world = world
    this.#cases = cases
    this.#maxKills = maxKills
  }

  /** Begins the next, if none is at work. */
  async begin(): Promise<void> {
    if (this.#now !== undefined) return
    const job = this.#cases[this.#begun % this.#cases.length]!
    const instance = await job.prepare(this.#world, Math.floor(this.#begun / this.#cases.length))
    this.#begun++
    this.hasPurged ||= isPurge(job)
    await instance.start()
    this.#now = { job, instance, kills: 0 }
  }

  /** To be told of each kill, when the server is there again. What was wrong with what has ended. */
  async lookAfterKill(): Promise<string[]> {
    const now = this.#now
    if (now === undefined) return []
    if (await this.#isAtWork()) {
      this.met++
      if (++now.kills < this.#maxKills) return []
    }
    return this.finish()
  }

  /** Waits for its end; what was wrong. */
  async finish(): Promise<string[]> {
    if (this.#now === undefined) return []
    const { job, instance } = this.#now
    if (!(await until(async () => !(await this.#isAtWork()), TIMEOUT_MS)))
      return [`${job.name}: it does not end`]
    this.#now = undefined
    this.ended++
    const problems = [...(await instance.check()), ...(await failedJobs(this.#world))]
    return problems.map((problem) => `${job.name}: ${problem}`)
  }

  async #isAtWork(): Promise<boolean> {
    const { job, instance } = this.#now!
    return instance.isAtWork?.() ?? this.#world.isAtWork(job.jobs)
  }
}
