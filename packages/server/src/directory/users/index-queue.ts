import { type CommittedEvent, type Fact, type Storage, together } from '@ranvier/storage'
import type { Clock, Timer } from '../../clock.ts'
import { indexItem } from './index-item.ts'

/** Items of one transaction. Each writes some ten rows. */
const BATCH = 25
const RETRY_MS = 5_000

export interface DirectoryQueueParts {
  storage: Storage
  clock: Clock
  serverName: string
  onError: (error: unknown) => void
}

/**
 * Works off what the user directory has to look at again: at start what was left, then whatever facts announce. An item
 * goes in the transaction that makes the directory right about it, so a crash loses nothing.
 */
export class DirectoryQueue implements AsyncDisposable {
  readonly #parts: DirectoryQueueParts
  #working: Promise<void> | undefined
  #again = false
  #stopped = false
  #retry: Timer | undefined

  constructor(parts: DirectoryQueueParts) {
    this.#parts = parts
    parts.storage.subscribe((facts) => {
      if (facts.some(concernsDirectory)) this.start()
    })
  }

  /** Goes to work, unless it is at work already. */
  start(): void {
    if (this.#stopped) return
    this.#again = true
    this.#working ??= this.#work()
      .catch((error: unknown) => this.#pause(error))
      .finally(() => {
        this.#working = undefined
        // Asked for between its last look and now.
        if (this.#again) this.start()
      })
  }

  /** Resolves when nothing is left to do. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#again = false
    this.#retry?.cancel()
    await this.#working
  }

  async #work(): Promise<void> {
    const { storage, serverName } = this.#parts
    while (this.#again && !this.#stopped) {
      this.#again = false
      // Most facts about accounts leave nothing to do: then nothing is written.
      while (!this.#stopped && (await storage.read.userDirectory.listQueued(1)).length > 0)
        await storage.write(async (tx) => {
          const items = await tx.userDirectory.listQueued(BATCH)
          // Of one user one after another: the first sees to what has changed of him, and the others find it done.
          const byUser = Map.groupBy(items, ({ userId }) => userId)
          await together(
            [...byUser.values()].map(async (own) => {
              for (const item of own) await indexItem(tx, serverName, item)
            }),
          )
        })
    }
  }

  /** The database failed: what is to do is still written there. */
  #pause(error: unknown): void {
    this.#parts.onError(error)
    this.#again = false
    this.#retry = this.#parts.clock.setTimeout(() => this.start(), RETRY_MS)
  }
}

/** Whether something may have been queued with this. */
function concernsDirectory({ stream, detail }: Fact): boolean {
  if (stream === 'accounts') return true
  if (stream !== 'events') return false
  // Facts of other processes come without the event.
  const type = (detail as CommittedEvent | undefined)?.row.type
  return type === undefined || type === 'm.room.member' || VISIBILITY.has(type)
}

const VISIBILITY: ReadonlySet<string> = new Set([
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.redaction',
])
