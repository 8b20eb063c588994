import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { LateWrites } from '../late-writes.ts'

const FLUSH_AFTER_MS = 60_000 // Synapse: UPDATE_RECENTLY_ACCESSED_TS

/** Notes when files were last used. Costs a download nothing: rows are written later, many at once. */
export class AccessRecorder implements AsyncDisposable {
  readonly #clock: Clock
  readonly #used: LateWrites<string, number>

  constructor(deps: {
    storage: Pick<Storage, 'write'>
    clock: Clock
    onError: (error: unknown) => void
  }) {
    this.#clock = deps.clock
    this.#used = new LateWrites({
      ...deps,
      afterMs: FLUSH_AFTER_MS,
      write: (rows) =>
        deps.storage.write(async (tx) => {
          for (const [mediaId, ts] of rows) await tx.media.touch(mediaId, ts)
        }),
    })
  }

  record(mediaId: string): void {
    this.#used.set(mediaId, this.#clock.nowMs())
  }

  /** Writes what waits; rejects when it cannot. Call before deciding by when files were last used. */
  flush(): Promise<void> {
    return this.#used.flush()
  }

  /** Writes what waits if it can. Call before reading when files were last used. */
  settle(): Promise<void> {
    return this.#used.settle()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#used[Symbol.asyncDispose]()
  }
}
