import type { Clock } from '../clock.ts'

/** Who logs in has so long for a step of it. */
const LIFETIME_MS = 15 * 60_000
/** Anybody may begin: beyond so many the oldest is given up. */
const MAX_PENDING = 10_000

/** Steps of log-ins that browsers are to take. Each is good once, and for its own browser only. */
export class Pending<T extends object> {
  readonly #clock: Pick<Clock, 'nowMs'>
  /** Oldest first. */
  readonly #steps = new Map<string, { browser: string; expiresMs: number; value: T }>()

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  /** `browser`: hash of what the browser has in its cookie. */
  put(key: string, browser: string, value: T): void {
    const nowMs = this.#clock.nowMs()
    for (const [old, { expiresMs }] of this.#steps) {
      if (expiresMs > nowMs && this.#steps.size < MAX_PENDING) break
      this.#steps.delete(old)
    }
    this.#steps.set(key, { browser, expiresMs: nowMs + LIFETIME_MS, value })
  }

  /** Takes the step out; `elsewhere`, and it stays, if it is another browser's. `undefined`: not known, or too old. */
  take(key: string, browser: string): T | 'elsewhere' | undefined {
    const step = this.#steps.get(key)
    if (step === undefined || step.expiresMs <= this.#clock.nowMs()) return undefined
    if (step.browser !== browser) return 'elsewhere'
    this.#steps.delete(key)
    return step.value
  }
}
