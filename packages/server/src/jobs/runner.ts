import type { Storage } from '@ranvier/storage'
import type { Job } from '@ranvier/storage/stores/jobs/jobs'
import type { Clock, Timer } from '../clock.ts'
import { dueFirst, type JobContext, JobFailedError, type JobKind, type StepResult } from './define-job.ts'
import { Pace, rest } from './pace.ts'

const CONCURRENCY = 2
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 3_600_000
/** After a failure of the database itself, which has no row to keep a time in. */
const DATABASE_RETRY_MS = 5_000

export interface JobRunner extends AsyncDisposable {
  /** Begins to run what is due, and what becomes due. */
  start(): void
  /** Runs until no job is due at the clock's present time. Needs no `start`. For tests and for tools. */
  runUntilIdle(): Promise<void>
}

export interface JobRunnerParts {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  kinds: readonly JobKind[]
  onError: (error: unknown, job: { id: string; name: string } | undefined) => void
}

/**
 * Runs the jobs in the database, a step at a time: the one due longest first, so that long ones take turns, and those that
 * requests wait for before the others. Each step starts from what the one before has saved, so a job that was killed goes on
 * as if nothing had happened.
 */
export function jobRunner(parts: JobRunnerParts): JobRunner {
  return new Runner(parts)
}

class Runner implements JobRunner {
  readonly #parts: JobRunnerParts
  readonly #kinds: ReadonlyMap<string, JobKind>
  readonly #names: readonly string[]
  /** The step in progress of each job that has one. */
  readonly #running = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #pace = new Pace()
  #started = false
  #timer: Timer | undefined
  #filling: Promise<void> | undefined
  #fillAgain = false
  #stepsEnded = 0

  constructor(parts: JobRunnerParts) {
    this.#parts = parts
    this.#kinds = new Map(parts.kinds.map((kind) => [kind.name, kind]))
    this.#names = [...this.#kinds.keys()]
    parts.storage.subscribe((facts) => {
      const isNew = facts.some((fact) => fact.stream === 'jobs' && fact.change === 'enqueued')
      if (this.#started && isNew) void this.#fill()
    })
  }

  start(): void {
    this.#started = true
    void this.#fill()
  }

  async runUntilIdle(): Promise<void> {
    for (;;) {
      const ended = this.#stepsEnded
      await this.#fill()
      if (this.#running.size > 0) await Promise.race(this.#running.values())
      // A step that ended while we looked may have left its job due.
      else if (this.#stepsEnded === ended) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#started = false
    this.#stopping.abort()
    await this.#filling
    this.#timer?.cancel()
    await Promise.all(this.#running.values())
  }

  /** Begins steps until enough are running or none is due. One call looks at a time: no job is found twice. */
  #fill(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve()
    this.#fillAgain = true
    this.#filling ??= this.#fillOnce().catch((error: unknown) => this.#pause(error))
    return this.#filling
  }

  async #fillOnce(): Promise<void> {
    try {
      while (this.#fillAgain && !this.#stopping.signal.aborted) {
        this.#fillAgain = false
        const job = await this.#findDue()
        if (job === undefined) {
          await this.#sleep()
        } else {
          this.#begin(job)
          this.#fillAgain = true
        }
      }
    } finally {
      // In the same turn as the last look at `#fillAgain`: whoever asks from now on begins a new round.
      this.#filling = undefined
    }
  }

  async #findDue(): Promise<Job | undefined> {
    if (this.#running.size >= CONCURRENCY) return undefined
    return this.#parts.storage.read.jobs.findDue(
      this.#names,
      [...this.#running.keys()],
      this.#parts.clock.nowMs(),
    )
  }

  #begin(job: Job): void {
    const step = this.#runStep(job).then(
      () => {
        this.#end(job.id)
        if (this.#started) void this.#fill()
      },
      (error: unknown) => {
        this.#end(job.id)
        this.#pause(error)
      },
    )
    this.#running.set(job.id, step)
  }

  #end(jobId: string): void {
    this.#running.delete(jobId)
    this.#stepsEnded++
  }

  /** Sets the timer for the next job that is not due yet. Steps that end look again by themselves. */
  async #sleep(): Promise<void> {
    if (!this.#started || this.#running.size >= CONCURRENCY) return
    const { storage, clock } = this.#parts
    const nextTs = await storage.read.jobs.nextDueTs(this.#names, [...this.#running.keys()])
    this.#timer?.cancel()
    if (nextTs === undefined) return
    const delayMs = nextTs - clock.nowMs()
    // The time went on between the two looks.
    if (delayMs <= 0) this.#fillAgain = true
    else this.#wakeIn(delayMs)
  }

  /** The database itself failed: there is no row to keep a time in. */
  #pause(error: unknown): void {
    this.#parts.onError(error, undefined)
    this.#timer?.cancel()
    this.#wakeIn(DATABASE_RETRY_MS)
  }

  #wakeIn(delayMs: number): void {
    if (!this.#started) return
    this.#timer = this.#parts.clock.setTimeout(() => void this.#fill(), delayMs)
  }

  async #runStep(job: Job): Promise<void> {
    const kind = this.#kinds.get(job.name)!
    const { storage, clock } = this.#parts
    const context: JobContext = {
      id: job.id,
      subject: job.subject,
      nowMs: clock.nowMs(),
      signal: this.#stopping.signal,
      batch: (usual) => Math.ceil(usual * this.#pace.shareOf(job.name, performance.now())),
    }
    try {
      const step = await kind.step(context, job.params, job.progress)
      const beganMs = performance.now()
      let workMs = 0
      const { afterwards } = await storage.write(async (tx) => {
        const turnMs = performance.now()
        const result: StepResult<typeof job.progress> = typeof step === 'function' ? await step(tx) : step
        const nowMs = clock.nowMs()
        const atOnceTs = kind.isAwaited ? dueFirst(nowMs) : nowMs
        const goesOn = result.done
          ? await tx.jobs.finish(job.id, result.progress, nowMs)
          : await tx.jobs.saveProgress(job.id, result.progress, { dueTs: result.dueTs ?? atOnceTs, nowMs })
        if (!goesOn) throw new JobEndedError()
        workMs = performance.now() - turnMs
        return result
      })
      const endMs = performance.now()
      const cost = { workMs, waitedMs: endMs - beganMs - workMs, onlySaved: typeof step !== 'function' }
      const restMs = this.#pace.note(job.name, cost, endMs)
      await afterwards?.()
      // The job keeps its place meanwhile: there is no more work in progress than there may be.
      if (this.#started) await rest(restMs, this.#stopping.signal)
    } catch (error) {
      // Cancelled while the step ran, or cut short by our own stopping: neither is the job's failure.
      if (error instanceof JobEndedError || this.#stopping.signal.aborted) return
      await this.#noteFailure(job, kind, error)
    }
  }

  async #noteFailure(job: Job, kind: JobKind, error: unknown): Promise<void> {
    this.#parts.onError(error, job)
    const text = error instanceof Error ? error.message : String(error)
    const nowMs = this.#parts.clock.nowMs()
    const isLast = error instanceof JobFailedError || job.attempts + 1 >= kind.maxAttempts
    const dueTs = nowMs + Math.min(FIRST_RETRY_MS * 2 ** job.attempts, MAX_RETRY_MS)
    await this.#parts.storage.write((tx) =>
      isLast ? tx.jobs.fail(job.id, text, nowMs) : tx.jobs.retry(job.id, text, { dueTs, nowMs }),
    )
  }
}

/** Undoes the step of a job that has ended meanwhile. */
class JobEndedError extends Error {
  override readonly name = 'JobEndedError'
}
