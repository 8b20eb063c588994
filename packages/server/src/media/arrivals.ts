import type { Clock } from '../clock.ts'

/** Downloads that came before their upload. */
export class Arrivals {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many downloads wait. */
  get size(): number {
    let size = 0
    for (const waiters of this.#waiting.values()) size += waiters.size
    return size
  }

  /** Wakes those who wait for this file. To be called when its row has been committed. */
  announce(mediaId: string): void {
    for (const wake of this.#waiting.get(mediaId) ?? []) wake()
  }

  /**
   * Calls `look` now and whenever the file has arrived, until it finds something; its last answer when `timeoutMs` are
   * over or nobody waits for the answer any more.
   */
  async until<T>(
    mediaId: string,
    how: { timeoutMs: number; signal: AbortSignal },
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const arrived = Promise.withResolvers<void>()
    const wake = () => arrived.resolve()
    // Waiting begins before the first look: what arrives after that look is heard of.
    const waiters = this.#waiting.get(mediaId) ?? new Set()
    this.#waiting.set(mediaId, waiters.add(wake))
    const timer = this.#clock.setTimeout(wake, how.timeoutMs)
    how.signal.addEventListener('abort', wake)
    try {
      const found = await look()
      if (found !== undefined || how.timeoutMs <= 0 || how.signal.aborted) return found
      await arrived.promise
      return await look()
    } finally {
      timer.cancel()
      how.signal.removeEventListener('abort', wake)
      waiters.delete(wake)
      if (waiters.size === 0) this.#waiting.delete(mediaId)
    }
  }
}
