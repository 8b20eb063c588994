import type { Json, JsonObject } from '@ranvier/protocol/json'
import type { Transaction } from '@ranvier/storage'

/** Who calls a step, and what it may look at besides its parameters. */
export interface JobContext {
  readonly id: string
  /** The user or room the job concerns. */
  readonly subject: string | null
  readonly nowMs: number
  /** Aborted when the server stops: a step that waits for something gives up, and is run again later. */
  readonly signal: AbortSignal
  /**
   * So many rows to do in this step, that others hardly notice it: about `usual`, a fifth of it when steps of this kind
   * have taken long of late, up to twice as much when their work was quick.
   */
  batch(usual: number): number
}

/** What a step came to. */
export interface StepResult<Progress extends Json> {
  /** What the next step starts from; after the last, the job's result. */
  progress: Progress
  done?: boolean
  /** When to go on, if not at once. */
  dueTs?: number
  /** What follows once this is on disk, before the next step. A kill keeps it from happening: others must see to that. */
  afterwards?: () => Promise<void>
}

/**
 * A step's work. Either a result: the work is done, and only the progress is still to be saved; killed in between, the
 * step runs again from the old progress, so it must not mind. Or a function, run in the transaction that saves the
 * progress: the work happens exactly once. It must await only the transaction.
 */
export type Step<Progress extends Json> =
  | StepResult<Progress>
  | ((tx: Transaction) => Promise<StepResult<Progress>>)

export interface JobDefinition<Params extends JsonObject, Progress extends Json> {
  /** Kept with the job in the database and shown to administrators: never changed. */
  name: string
  /** Does a small piece: at most some hundred rows or a few events. `progress` is `null` at the first step. */
  step(ctx: JobContext, params: Params, progress: Progress | null): Promise<Step<Progress>> | Step<Progress>
  /** Failures in a row after which the job fails for good. Default 10, with back-off about a quarter of an hour. */
  maxAttempts?: number
  /** Requests wait for its end: its steps go before those of jobs that nobody waits for. Enqueue it with {@link dueFirst}. */
  isAwaited?: boolean
}

/** A kind of job as the runner sees it: parameters and progress are whatever the database holds. */
export interface JobKind {
  readonly name: string
  readonly maxAttempts: number
  readonly isAwaited: boolean
  step(ctx: JobContext, params: JsonObject, progress: Json): Promise<Step<Json>> | Step<Json>
}

const DEFAULT_MAX_ATTEMPTS = 10
/** Jobs that were due for longer than this go before awaited ones: nothing waits for ever. */
const AWAITED_AHEAD_MS = 3_600_000

/** The time at which a job is due that goes before those nobody waits for, and takes turns with others like it. */
export function dueFirst(nowMs: number): number {
  return nowMs - AWAITED_AHEAD_MS
}

/** Declares a kind of long work that survives the process. Only this code writes its parameters and progress. */
export function defineJob<Params extends JsonObject, Progress extends Json>(
  definition: JobDefinition<Params, Progress>,
): JobKind {
  return {
    name: definition.name,
    maxAttempts: definition.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    isAwaited: definition.isAwaited ?? false,
    // The casts: what is read back is what a step of the same definition has saved.
    step: (ctx, params, progress) => definition.step(ctx, params as Params, progress as Progress | null),
  }
}

/** Thrown by a step: trying again is no use, the job ends as `failed` with this text. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError'
}
