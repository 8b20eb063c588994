import { setTimeout as wait } from 'node:timers/promises'

/**
 * A step whose work takes longer keeps others waiting too long: they wait for the one in progress, each time they need a
 * turn, and then for two flushes. Together it is to be less than 50 ms; shorter ones are mostly beginning and ending.
 */
const LONGEST_MS = 20
/** The smallest piece, as a part of a usual one: each costs a flush to disk, however small it is. */
const SMALLEST = 1 / 5
/**
 * The largest piece: where the work is quick, most of a step is its flush. Not larger: on a busy machine one piece in some
 * takes ten times as long as the others, and with SQLite everybody waits for it.
 */
const LARGEST = 2
/** Pieces grow slowly: a busy time is rarely over after one step. */
const GROWTH = 1.2
/** After a pause it may be about something else: pieces begin at the usual size again. */
const FORGOTTEN_AFTER_MS = 5_000
const LONGEST_REST_MS = 250

/** What a step has cost, ms. */
export interface StepCost {
  /** Its own work in the transaction; nobody else writes meanwhile, and with SQLite nobody else is served. */
  workMs: number
  /** Waiting for its turn and for the flush, which it shares with others. */
  waitedMs: number
  /** It has done its work elsewhere, and in the transaction only saved how far it has come. */
  onlySaved?: boolean
}

/**
 * Lets long work leave at least half of the time to others. Pieces are made so large that the work of one takes about as
 * long as others may wait; how long a flush takes says nothing about that. After a step the job rests as long as it
 * worked, and for the flush as well, but no longer than once more that time: on a slow disk most of the time is flushes,
 * and what makes them fewer is larger pieces, not rest.
 */
export class Pace {
  readonly #kinds = new Map<string, { share: number; notedMs: number }>()

  /** How much of a usual piece a step of this kind should do. 1/5 ≤ share ≤ 2. `nowMs` by any clock that goes forward. */
  shareOf(kind: string, nowMs: number): number {
    const known = this.#kinds.get(kind)
    if (known === undefined) return 1
    return nowMs - known.notedMs > FORGOTTEN_AFTER_MS ? Math.min(1, known.share) : known.share
  }

  /** A step has ended with this cost; how long to rest, ms. */
  note(kind: string, { workMs, waitedMs, onlySaved = false }: StepCost, nowMs: number): number {
    const wanted = this.shareOf(kind, nowMs) * Math.min(GROWTH, LONGEST_MS / workMs)
    const share = Math.min(onlySaved ? 1 : LARGEST, Math.max(SMALLEST, wanted))
    this.#kinds.set(kind, { share, notedMs: nowMs })
    return Math.min(workMs + Math.min(workMs, waitedMs), LONGEST_REST_MS)
  }
}

/** Resolves after so long, or when the signal aborts. Real time, whatever the server's clock says: it is the processor's. */
export async function rest(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs > 0) await wait(durationMs, undefined, { signal }).catch(() => {}) // aborted
}
