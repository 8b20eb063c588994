import type { RoomId } from '@ranvier/protocol/ids/brands'
import { type ReceiptRow, ROOM_PURGED, type Storage } from '@ranvier/storage'
import { createSizedCache, type RecentCache } from '../recent-cache.ts'

/** As many are kept of a busy room, and up to twice as many. */
const RECEIPTS_PER_ROOM = 256
/** Of all rooms together so many on average, some 150 bytes each. */
const AVERAGE = 16

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
    const most = Math.max(limits.rooms * AVERAGE, 2 * RECEIPTS_PER_ROOM)
    this.#logs = createSizedCache(most, ({ rows }) => rows.length)
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

  #add({ roomId: given, userId, type, threadId, eventId, eventPosition, ts, position }: ReceiptRow): void {
    const log = this.#logs.get(given)
    const roomId = log?.rows[0]?.roomId ?? given // one text for all of a room
    const row: ReceiptRow = { roomId, userId, type, threadId, eventId, eventPosition, ts, position }
    if (log === undefined) {
      this.#logs.set(roomId, { after: position - 1, rows: [row] })
      return
    }
    const { rows } = log
    rows.push(row)
    const dropped = rows.length > 2 * RECEIPTS_PER_ROOM ? rows.splice(0, RECEIPTS_PER_ROOM).at(-1) : undefined
    // A value of its own each time: only so its size is counted anew.
    this.#logs.set(roomId, { after: dropped?.position ?? log.after, rows })
  }
}
