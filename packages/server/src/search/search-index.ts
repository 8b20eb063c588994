import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JsonObject } from '@ranvier/protocol/json'
import {
  type CommittedEvent,
  SEARCHED_KEYS,
  type Storage,
  type Transaction,
  type UnindexedEvent,
} from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'

export interface SearchIndexParts {
  storage: Storage
  clock: Clock
  onError: (error: unknown) => void
}

/** Positions of one transaction. */
const POSITIONS_PER_STEP = 500
/** Messages that come close together are put in together: one by one each would cost a write of its own. */
const DELAY_MS = 1_000
const RETRY_MS = 5_000
/** Who searches waits for as much as is put in at once, not for a database that is being read for the first time. */
const MAX_WAITED_FOR = 5_000

/** By type: the key of the content that is searched. */
const SEARCHED = new Map<string, string>(
  Object.entries(SEARCHED_KEYS).map(([key, type]) => [type, key.slice('content.'.length)]),
)

/**
 * Puts what is said in rooms into the index of the search, behind the events: sending costs nothing. How far it has come
 * is written with the words, so nothing is lost by a crash, and a database of before is read from its beginning. What is
 * redacted or deleted goes from the index with the event itself.
 */
export class SearchIndex implements AsyncDisposable {
  readonly #parts: SearchIndexParts
  #timer: Timer | undefined
  #working: Promise<void> | undefined
  #stopped = false

  constructor(parts: SearchIndexParts) {
    this.#parts = parts
    parts.storage.subscribe((facts) => {
      for (const { stream, detail } of facts) {
        if (stream !== 'events') continue
        // Facts of other processes come without the event.
        const type = (detail as CommittedEvent | undefined)?.row.type
        if (type === undefined || SEARCHED.has(type)) this.#wake(DELAY_MS)
      }
    })
  }

  /** Goes on where it stopped. */
  start(): void {
    this.#wake(0)
  }

  /** Resolves when what was sent before the call is in the index, unless that is far behind. */
  async caughtUp(): Promise<void> {
    const { storage } = this.#parts
    const [{ events }, progress] = await Promise.all([
      storage.positions(),
      storage.read.eventSearch.progress(),
    ])
    if (events - progress > MAX_WAITED_FOR) return
    // The work that goes on may have looked before the newest event came.
    if (this.#working !== undefined) await this.#working
    await this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#working
  }

  #wake(delayMs: number): void {
    if (this.#stopped || this.#timer !== undefined) return
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#timer = undefined
      void this.#run()
    }, delayMs)
  }

  #run(): Promise<void> {
    this.#working ??= this.#work()
      .catch((error: unknown) => {
        this.#parts.onError(error)
        this.#wake(RETRY_MS)
      })
      .finally(() => {
        this.#working = undefined
      })
    return this.#working
  }

  async #work(): Promise<void> {
    const { storage } = this.#parts
    while (!this.#stopped) {
      const [{ events: newest }, after] = await Promise.all([
        storage.positions(),
        storage.read.eventSearch.progress(),
      ])
      if (after >= newest) return
      const upTo = Math.min(newest, after + POSITIONS_PER_STEP)
      await storage.write((tx) => indexEvents(tx, after, upTo))
      await nextTurn() // a long way to catch up must not keep sockets from being served
    }
  }
}

async function indexEvents(tx: Transaction, after: number, upTo: number): Promise<void> {
  const events = (await tx.eventSearch.unindexed(after, upTo)).flatMap((event) => {
    const text = textOf(event)
    return text === undefined ? [] : [{ nid: event.nid, roomId: event.roomId, text }]
  })
  await tx.eventSearch.add(events)
  await tx.eventSearch.setProgress(upTo)
}

function textOf({ type, pdu }: UnindexedEvent): string | undefined {
  const { content } = JSON.parse(pdu) as { content: JsonObject } // stored by us
  return searchedText(type, content)
}

/** What of an event is searched: a message's body, a room's name or topic. */
export function searchedText(type: string, content: JsonObject): string | undefined {
  const key = SEARCHED.get(type)
  const text = key === undefined ? undefined : content[key]
  return typeof text === 'string' ? text : undefined
}
