import { outsideAction, type Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'

const FLUSH_AFTER_MS = 60_000 // Synapse: UPDATE_RECENTLY_ACCESSED_TS
const ROWS_PER_WRITE = 200
const MAX_WAITING = 10_000

/** Notes when files were last used. Costs a download nothing: rows are written later, many at once. */
export class AccessRecorder implements AsyncDisposable {
  readonly #storage: Pick<Storage, 'write'>
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Map<string, number>()
  #timer: Timer | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(deps: {
    storage: Pick<Storage, 'write'>
    clock: Clock
    onError: (error: unknown) => void
  }) {
    this.#storage = deps.storage
    this.#clock = deps.clock
    this.#onError = deps.onError
  }

  record(mediaId: string): void {
    this.#waiting.set(mediaId, this.#clock.nowMs())
    if (this.#waiting.size >= MAX_WAITING) this.#flushInBackground()
    else this.#timer ??= this.#clock.setTimeout(() => this.#flushInBackground(), FLUSH_AFTER_MS)
  }

  /** Writes what waits. Call before reading when files were last used. */
  flush(): Promise<void> {
    // One after another: who flushes must also wait for what is being written already.
    if (this.#waiting.size > 0)
      this.#flushing = outsideAction(() => this.#flushing.catch(() => {}).then(() => this.#writeAll()))
    return this.#flushing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel()
    await this.flush()
  }

  #flushInBackground(): void {
    void this.flush().catch(this.#onError)
  }

  async #writeAll(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const rows = [...this.#waiting]
    this.#waiting.clear()
    for (let i = 0; i < rows.length; i += ROWS_PER_WRITE) {
      const batch = rows.slice(i, i + ROWS_PER_WRITE)
      await this.#storage.write(async (tx) => {
        for (const [mediaId, ts] of batch) await tx.media.touch(mediaId, ts)
      })
    }
  }
}
