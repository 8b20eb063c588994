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
  readonly byThread = new Map<string, number>()
  /** Of the newest receipt, in the `receipts` stream. */
  changedAt = 0

  add(receipt: ReceiptRow): void {
    this.changedAt = Math.max(this.changedAt, receipt.position)
    if (receipt.threadId === null) this.all = Math.max(this.all, receipt.eventPosition)
    else this.read(receipt.threadId, receipt.eventPosition)
  }

  read(thread: string, position: number): void {
    this.byThread.set(thread, Math.max(this.byThread.get(thread) ?? 0, position))
  }

  covers({ position, thread }: { position: number; thread: string }): boolean {
    return position <= this.all || position <= (this.byThread.get(thread) ?? 0)
  }
}

/** The newest unread events of a room that notify are kept one by one, older ones no longer count. */
export const MAX_ITEMS = 1_000

/** What is unread for a user in a room among the events up to `upTo`. */
export class UnreadRecord {
  upTo: number
  /** Oldest first. */
  items: UnreadItem[]
  /** Events judged since the record was last kept in the database. */
  judged = 0

  constructor(upTo: number, items: UnreadItem[]) {
    this.upTo = upTo
    this.items = items
  }

  add(item: UnreadItem): void {
    this.items.push(item)
    if (this.items.length > MAX_ITEMS) this.items.splice(0, this.items.length - MAX_ITEMS)
  }

  /** Drops what has been read, and what came before the user did. */
  prune(read: ReadPositions, joinedAt: number): void {
    if (this.items.length === 0) return
    this.items = this.items.filter((item) => item.position > joinedAt && !read.covers(item))
  }

  remove(position: number): void {
    this.items = this.items.filter((item) => item.position !== position)
  }

  counts(upTo: number): RoomUnread {
    const main = { notify: 0, highlight: 0 }
    const threads = new Map<string, UnreadCounts>()
    let newest = 0
    for (const { position, thread, highlight } of this.items) {
      if (position > upTo) break
      newest = position
      let counts = thread === MAIN_THREAD ? main : threads.get(thread)
      if (counts === undefined) threads.set(thread, (counts = { notify: 0, highlight: 0 }))
      counts.notify++
      if (highlight) counts.highlight++
    }
    return { main, threads, newest }
  }
}

/** An item as a checkpoint holds it: `[position, 1 if it highlights, thread unless main]`. */
type StoredItem = [position: number, highlight: 0 | 1, thread?: string]

export function formatItems(items: readonly UnreadItem[]): string {
  const stored: StoredItem[] = items.map(({ position, highlight, thread }) =>
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
