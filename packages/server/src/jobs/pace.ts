import { setTimeout as wait } from 'node:timers/promises'

/** A step that takes longer keeps others waiting too long: they wait for the one in progress, each time they need a turn. */
const LONGEST_MS = 10
/** The smallest piece, as a part of a whole one: each costs a flush to disk, however small it is. */
const SMALLEST = 1 / 5
/** Pieces grow back slowly: a busy time is rarely over after one step. */
const GROWTH = 1.2
const LONGEST_REST_MS = 250

/**
 * Lets long work leave at least half of the time to others: a kind of job whose steps take long does less in each, and
 * after a step rests for as long as it took.
 */
export class Pace {
  readonly #shares = new Map<string, number>()

  /** How much of a usual piece a step of this kind should do. 0 < share ≤ 1. */
  shareOf(kind: string): number {
    return this.#shares.get(kind) ?? 1
  }

  /** A step has taken so long; how long to rest, ms. */
  note(kind: string, tookMs: number): number {
    const share = this.shareOf(kind)
    if (tookMs > LONGEST_MS) this.#shares.set(kind, Math.max(SMALLEST, (share * LONGEST_MS) / tookMs))
    else if (share < 1) this.#shares.set(kind, Math.min(1, share * GROWTH))
    return Math.min(tookMs, LONGEST_REST_MS)
  }
}

/** Resolves after so long, or when the signal aborts. Real time, whatever the server's clock says: it is the processor's. */
export async function rest(durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs > 0) await wait(durationMs, undefined, { signal }).catch(() => {}) // aborted
}
