import { limitExceeded } from '../errors.ts'

/** Runs at most so much at once and lets so much wait; more is refused with 429 `M_LIMIT_EXCEEDED`. */
export class WorkLimit {
  readonly #running: number
  readonly #waiting: number
  readonly #queue: (() => void)[] = []
  #free: number

  constructor(limits: { running: number; waiting: number }) {
    this.#running = limits.running
    this.#waiting = limits.waiting
    this.#free = this.#running
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else if (this.#queue.length >= this.#waiting) throw limitExceeded(1_000)
    else await new Promise<void>((resolve) => this.#queue.push(resolve))
    try {
      return await work()
    } finally {
      // A place is handed over, not freed, when somebody waits: nobody can slip in between.
      const next = this.#queue.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
