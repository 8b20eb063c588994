import type { RoomId } from '@ranvier/protocol/ids/brands'
import { type ReceiptRow, ROOM_PURGED, type Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'

const RECEIPTS_PER_ROOM = 256

interface RoomLog {
  /** Every receipt of the room with a position above this is in `rows`. */
  after: number
  /** Ascending. */
  rows: ReceiptRow[]
}

/** The newest receipts of busy rooms, so that a receipt everybody is woken by is not read from the database by each. */
export class RecentReceipts {
  readonly #storage: Storage
  readonly #logs: RecentCache<RoomId, RoomLog>

  constructor(storage: Storage, limits: { rooms: number }) {
    this.#storage = storage
    this.#logs = createRecentCache(limits.rooms)
    storage.subscribe((facts) => {
      for (const fact of facts) {
        if (fact.stream === 'receipts' && fact.detail !== undefined) this.#add(fact.detail as ReceiptRow)
        if (fact.change === ROOM_PURGED) this.#logs.delete(fact.key as RoomId)
      }
    })
  }

  /** Receipts of the room in positions above `after` up to `upTo`, in order. A later one may repeat an earlier one's key. */
  async changes(roomId: RoomId, after: number, upTo: number): Promise<readonly ReceiptRow[]> {
    const log = this.#logs.get(roomId)
    if (log === undefined || after < log.after)
      return this.#storage.read.receipts.changes(roomId, after, upTo)
    let from = log.rows.length
    while (from > 0 && log.rows[from - 1]!.position > after) from--
    let to = log.rows.length
    while (to > from && log.rows[to - 1]!.position > upTo) to--
    return log.rows.slice(from, to)
  }

  #add(row: ReceiptRow): void {
    const log = this.#logs.get(row.roomId)
    if (log === undefined) {
      this.#logs.set(row.roomId, { after: row.position - 1, rows: [row] })
      return
    }
    log.rows.push(row)
    if (log.rows.length <= 2 * RECEIPTS_PER_ROOM) return
    const dropped = log.rows.splice(0, RECEIPTS_PER_ROOM)
    log.after = dropped.at(-1)!.position
  }
}
