import type { WriteHandle } from './db/types.ts'
import type { Fact } from './streams.ts'

const RETRY_MS = 1_000

/**
 * What a transaction announces whose commit was not answered: it may have happened. Its writers have been told of the
 * error; but what listeners know must not stay behind what is stored, if it is.
 */
export class CommitDoubt {
  readonly #announce: (facts: readonly Fact[]) => void
  readonly #writeNothing: () => Promise<void>
  #facts: readonly Fact[] = []
  #timer: NodeJS.Timeout | undefined

  /** `writeNothing`: runs a transaction, and so `settle`, when nobody else does. */
  constructor(announce: (facts: readonly Fact[]) => void, writeNothing: () => Promise<void>) {
    this.#announce = announce
    this.#writeNothing = writeNothing
  }

  begin(facts: readonly Fact[]): void {
    this.#facts = facts
    if (facts.length > 0) this.#askLater()
  }

  /** To be called first in each transaction: no other process takes positions, so they tell whether it has happened. */
  async settle(db: WriteHandle): Promise<void> {
    if (this.#facts.length === 0) return
    const rows = await db.all<{ name: string; position: number }>('SELECT name, position FROM streams')
    const facts = this.#facts
    this.close()
    const reached = new Map(rows.map(({ name, position }) => [name, position]))
    if (facts.every(({ stream, position }) => position <= (reached.get(stream) ?? 0))) this.#announce(facts)
  }

  close(): void {
    this.#facts = []
    clearTimeout(this.#timer)
  }

  #askLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#writeNothing().catch(() => {
        if (this.#facts.length > 0) this.#askLater()
      })
    }, RETRY_MS)
    this.#timer.unref()
  }
}
