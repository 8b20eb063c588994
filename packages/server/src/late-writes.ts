import { outsideAction } from '@ranvier/storage'
import type { Clock, Timer } from './clock.ts'

const ROWS_PER_WRITE = 200
/** So many that wait are written without waiting longer; twice as many, and new ones are forgotten. */
const MAX_WAITING = 10_000

export interface LateWritesParts<K, V> {
  clock: Clock
  /** How long a row waits for others, milliseconds. */
  afterMs: number
  write: (rows: readonly (readonly [K, V])[]) => Promise<void>
  onError: (error: unknown) => void
}

/**
 * Rows that need not be written at once: they wait for others, and are written many together. What cannot be written waits
 * on, and is tried again after as long.
 */
export class LateWrites<K, V> implements AsyncDisposable {
  readonly #parts: LateWritesParts<K, V>
  readonly #waiting = new Map<K, V>()
  #timer: Timer | undefined
  #flushing: Promise<void> = Promise.resolve()
  #isPressed = false
  #isWriting = false

  constructor(parts: LateWritesParts<K, V>) {
    this.#parts = parts
  }

  /** Replaces what waits under this key. */
  set(key: K, row: V): void {
    if (this.#waiting.size >= 2 * MAX_WAITING && !this.#waiting.has(key)) return
    this.#waiting.set(key, row)
    if (this.#waiting.size >= MAX_WAITING && !this.#isPressed) void this.#press()
    else this.#setTimer()
  }

  /** Nothing waits, and nothing is being written. */
  get isSettled(): boolean {
    return this.#waiting.size === 0 && !this.#isWriting
  }

  /** Writes what waits; rejects when it cannot. Call before deciding by it. */
  flush(): Promise<void> {
    // One after another: who flushes must also wait for what is being written already.
    if (this.#waiting.size > 0)
      this.#flushing = outsideAction(() => this.#flushing.catch(() => {}).then(() => this.#writeAll()))
    return this.#flushing
  }

  /** Writes what waits if it can. Call before reading it: what is read is older when nothing can be written. */
  async settle(): Promise<void> {
    await this.flush().catch(this.#parts.onError)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settle()
    this.#timer?.cancel()
  }

  /** Too many wait: they are written now, by one who does so. */
  async #press(): Promise<void> {
    this.#isPressed = true
    await this.settle()
    this.#isPressed = false
  }

  #setTimer(): void {
    this.#timer ??= this.#parts.clock.setTimeout(() => {
      this.#timer = undefined
      void this.settle()
    }, this.#parts.afterMs)
  }

  async #writeAll(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const rows = [...this.#waiting]
    this.#waiting.clear()
    this.#isWriting = true
    try {
      await this.#write(rows)
    } finally {
      this.#isWriting = false
    }
  }

  async #write(rows: readonly (readonly [K, V])[]): Promise<void> {
    for (let i = 0; i < rows.length; i += ROWS_PER_WRITE)
      try {
        await this.#parts.write(rows.slice(i, i + ROWS_PER_WRITE))
      } catch (error) {
        // What came meanwhile is newer.
        for (const [key, row] of rows.slice(i)) if (!this.#waiting.has(key)) this.#waiting.set(key, row)
        this.#setTimer()
        throw error
      }
  }
}
