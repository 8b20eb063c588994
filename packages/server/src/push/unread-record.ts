import type { ReceiptRow } from '@ranvier/storage'
import { MAIN_THREAD } from './threads.ts'

/** An unread event that notifies. */
export interface UnreadItem {
  readonly position: number
  readonly thread: string
  readonly highlight: boolean
}

export interface UnreadCounts {
  notify: number
  highlight: number
}

/** Counts of a room by thread; `main` is always there. */
export interface RoomUnread {
  readonly main: UnreadCounts
  readonly threads: ReadonlyMap<string, UnreadCounts>
  /** Position of the newest event that counts. */
  readonly newest: number
}

/** How far a user has read a room. Positions in the `events` stream. */
export class ReadPositions {
  /** By receipts for all threads. */
  all = 0
  /** Only what lies behind `all`. */
  readonly byThread = new Map<string, number>()
  /** Of the newest receipt, in the `receipts` stream. */
  changedAt = 0
  /** Grows with each change. */
  version = 0

  add(receipt: ReceiptRow): void {
    this.changedAt = Math.max(this.changedAt, receipt.position)
    if (receipt.threadId === null) this.#readAll(receipt.eventPosition)
    else this.read(receipt.threadId, receipt.eventPosition)
  }

  read(thread: string, position: number): void {
    if (this.covers({ position, thread })) return
    this.byThread.set(thread, position)
    this.version++
  }

  covers({ position, thread }: { position: number; thread: string }): boolean {
    return position <= this.all || position <= (this.byThread.get(thread) ?? 0)
  }

  #readAll(position: number): void {
    if (position <= this.all) return
    this.all = position
    this.version++
    for (const [thread, upTo] of this.byThread) if (upTo <= position) this.byThread.delete(thread)
  }
}

/** The newest unread events of a room that notify are kept one by one, older ones no longer count. */
export const MAX_ITEMS = 1_000

/** An item of a thread also takes its place in a map, and the thread's id. */
const THREAD_WEIGHT = 12

/**
 * What is unread for a user in a room among the events up to `upTo`. Everybody who listens has one for each room, and
 * asks it with each message: an item is a number, and only what is new is looked at.
 */
export class UnreadRecord {
  upTo: number
  /** Events judged since the record was last kept in the database. */
  judged = 0
  /** Twice the position, and one more if it highlights; oldest first. */
  readonly #items: number[] = []
  /** Threads of those that are not in the main one, by position. */
  #threads: Map<number, string> | undefined
  #notify = 0
  #highlight = 0
  /** So many of the oldest were compared with what is read, when that was at the version, for one who joined then. */
  #compared = 0
  #comparedVersion = 0
  #comparedJoin = 0

  constructor(upTo: number, items: Iterable<UnreadItem>) {
    this.upTo = upTo
    for (const item of items) this.add(item)
  }

  get size(): number {
    return this.#items.length
  }

  /** What it takes in memory, in items of the main thread. */
  get weight(): number {
    return this.#items.length + (this.#threads?.size ?? 0) * THREAD_WEIGHT
  }

  *[Symbol.iterator](): Iterator<UnreadItem> {
    for (const item of this.#items) yield this.#of(item)
  }

  add({ position, thread, highlight }: UnreadItem): void {
    this.#items.push(position * 2 + (highlight ? 1 : 0))
    if (thread !== MAIN_THREAD) (this.#threads ??= new Map()).set(position, thread)
    else this.#count(highlight, 1)
    if (this.#items.length <= MAX_ITEMS) return
    this.#drop(this.#items.shift()!)
    this.#compared = Math.max(0, this.#compared - 1)
  }

  /** Drops what has been read, and what came before the user did. */
  prune(read: ReadPositions, joinedAt: number): void {
    const same = this.#comparedVersion === read.version && this.#comparedJoin === joinedAt
    this.#keepOnly((item) => item.position > joinedAt && !read.covers(item), same ? this.#compared : 0)
    this.#compared = this.#items.length
    this.#comparedVersion = read.version
    this.#comparedJoin = joinedAt
  }

  remove(position: number): void {
    this.#keepOnly((item) => item.position !== position, 0)
    this.#compared = 0
  }

  counts(upTo: number): RoomUnread {
    const last = this.#items.at(-1)
    // What came behind the answer that is being made does not count in it yet.
    if (last !== undefined && last > upTo * 2 + 1)
      return new UnreadRecord(
        upTo,
        [...this].filter(({ position }) => position <= upTo),
      ).counts(upTo)
    const threads = new Map<string, UnreadCounts>()
    if (this.#threads !== undefined && this.#threads.size > 0) this.#countThreads(threads)
    const main = { notify: this.#notify, highlight: this.#highlight }
    return { main, threads, newest: last === undefined ? 0 : Math.floor(last / 2) }
  }

  #countThreads(threads: Map<string, UnreadCounts>): void {
    for (const { thread, highlight } of this) {
      if (thread === MAIN_THREAD) continue
      let counts = threads.get(thread)
      if (counts === undefined) threads.set(thread, (counts = { notify: 0, highlight: 0 }))
      counts.notify++
      if (highlight) counts.highlight++
    }
  }

  #of(item: number): UnreadItem {
    const position = Math.floor(item / 2)
    return { position, thread: this.#threads?.get(position) ?? MAIN_THREAD, highlight: item % 2 === 1 }
  }

  #keepOnly(wanted: (item: UnreadItem) => boolean, from: number): void {
    let kept = from
    for (let i = from; i < this.#items.length; i++) {
      const item = this.#items[i]!
      if (wanted(this.#of(item))) this.#items[kept++] = item
      else this.#drop(item)
    }
    this.#items.length = kept
  }

  #drop(item: number): void {
    const { position, thread, highlight } = this.#of(item)
    if (thread === MAIN_THREAD) this.#count(highlight, -1)
    else this.#threads?.delete(position)
  }

  /** One in the main thread more or less. */
  #count(highlight: boolean, by: 1 | -1): void {
    this.#notify += by
    if (highlight) this.#highlight += by
  }
}

/** An item as a checkpoint holds it: `[position, 1 if it highlights, thread unless main]`. */
type StoredItem = [position: number, highlight: 0 | 1, thread?: string]

export function formatItems(items: Iterable<UnreadItem>): string {
  const stored: StoredItem[] = Array.from(items, ({ position, highlight, thread }) =>
    thread === MAIN_THREAD ? [position, highlight ? 1 : 0] : [position, highlight ? 1 : 0, thread],
  )
  return JSON.stringify(stored)
}

export function parseItems(text: string): UnreadItem[] {
  const stored = JSON.parse(text) as StoredItem[] // written by `formatItems`
  return stored.map(([position, highlight, thread]) => ({
    position,
    highlight: highlight === 1,
    thread: thread ?? MAIN_THREAD,
  }))
}
