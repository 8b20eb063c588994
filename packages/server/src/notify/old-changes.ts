import type { ActiveUser } from './active-user.ts'
import type { StreamPositions } from './positions.ts'

/** Who has not synced for longer asks the database, up to twice as long. */
const CHANGES_KEPT_MS = 30 * 60_000

/** Who stays for weeks meets many rooms and users: what changed long ago is forgotten. */
export class OldChanges {
  /** Where the streams were: what has not changed since is forgotten at the next mark. */
  #mark: { atMs: number; positions: StreamPositions }

  constructor(atMs: number, positions: StreamPositions) {
    this.#mark = { atMs, positions }
  }

  /** Forgets, when it is time, what has not changed since the mark, and sets the next one. */
  forget(users: Iterable<ActiveUser>, atMs: number, positions: StreamPositions): void {
    if (Math.abs(atMs - this.#mark.atMs) < CHANGES_KEPT_MS) return
    for (const user of users) user.forgetUpTo(this.#mark.positions)
    this.#mark = { atMs, positions }
  }
}
