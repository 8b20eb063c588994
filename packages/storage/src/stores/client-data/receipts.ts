import { setImmediate } from 'node:timers/promises'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { ask, type Question } from '../../db/gather.ts'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

export type ReceiptType = 'm.read' | 'm.read.private'

/** How far a user has read a room, or one thread of it. */
export interface Receipt {
  roomId: RoomId
  userId: UserId
  type: ReceiptType
  /** `main`, a thread's root, or null: the receipt counts for all threads. */
  threadId: string | null
  eventId: EventId
  /** Position of that event in the `events` stream. */
  eventPosition: number
  /** When it was sent, ms since epoch. */
  ts: number
}

/** A receipt with its place in the `receipts` stream. Facts of that stream carry one in `detail`. */
export interface ReceiptRow extends Receipt {
  position: number
}

interface RawReceipt {
  room_id: string
  user_id: string
  receipt_type: string
  thread_id: string
  event_id: string
  event_position: number
  ts: number
  position: number
}
const COLUMNS = 'room_id, user_id, receipt_type, thread_id, event_id, event_position, ts, position'
const CHANGES: Question = {
  sql: `SELECT ${COLUMNS} FROM receipts WHERE room_id = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?`,
  params: ['text', 'bigint', 'bigint', 'bigint'],
}
/** Receipts between two turns of the event loop: everybody in a large room has one. */
const PAGE = 1_000

/** Stands for "no thread" in a key column. */
const UNTHREADED = ''

export class ReceiptReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The room's receipts, everybody's private ones among them, with positions above `after` up to `upTo`. */
  async changes(roomId: string, after: number, upTo: number): Promise<ReceiptRow[]> {
    const found: ReceiptRow[] = []
    for (let last = after; ; await setImmediate()) {
      const page = await ask<RawReceipt>(this.db, CHANGES, roomId, last, upTo, PAGE)
      for (const row of page) found.push(toReceipt(row))
      if (page.length < PAGE) return found
      last = page.at(-1)!.position
    }
  }

  /** Receipts up to `upTo` on some events of a room, and all of one user's in it; everybody's private ones among them. */
  async shown(
    roomId: string,
    { userId, eventIds, upTo }: { userId: string; eventIds: readonly string[]; upTo: number },
  ): Promise<ReceiptRow[]> {
    // The `|| ''` keeps SQLite from reading all of the room's. PostgreSQL knows how few an event has.
    const rows = await this.db.all<RawReceipt>(
      `SELECT ${COLUMNS} FROM receipts WHERE room_id = ? AND user_id = ? AND position <= ?
       UNION SELECT ${COLUMNS} FROM receipts WHERE event_id = ANY(?) AND room_id || '' = ? AND +position <= ?
       ORDER BY position`,
      roomId,
      userId,
      upTo,
      eventIds,
      roomId,
      upTo,
    )
    return rows.map(toReceipt)
  }

  /** The rooms in which receipts changed above `after`, among `roomIds`, with the last position of each. */
  async changedRooms(
    roomIds: readonly string[],
    after: number,
  ): Promise<{ roomId: RoomId; position: number }[]> {
    if (roomIds.length === 0) return []
    const rows = await this.db.all<{ room_id: RoomId; position: number }>(
      'SELECT room_id, MAX(position) AS position FROM receipts WHERE room_id = ANY(?) AND position > ? GROUP BY room_id',
      roomIds,
      after,
    )
    return rows.map((row) => ({ roomId: row.room_id, position: row.position }))
  }

  /** All of one user's receipts, in every room. */
  async listOfUser(userId: string): Promise<ReceiptRow[]> {
    const rows = await this.db.all<RawReceipt>(`SELECT ${COLUMNS} FROM receipts WHERE user_id = ?`, userId)
    return rows.map(toReceipt)
  }

  /** One user's receipts in one room. */
  async list(roomId: string, userId: string): Promise<ReceiptRow[]> {
    const rows = await this.db.all<RawReceipt>(
      `SELECT ${COLUMNS} FROM receipts WHERE room_id = ? AND user_id = ?`,
      roomId,
      userId,
    )
    return rows.map(toReceipt)
  }
}

function toReceipt(row: RawReceipt): ReceiptRow {
  return {
    roomId: row.room_id as RoomId,
    userId: row.user_id as UserId,
    type: row.receipt_type as ReceiptType,
    threadId: row.thread_id === UNTHREADED ? null : row.thread_id,
    eventId: row.event_id as EventId,
    eventPosition: row.event_position,
    ts: row.ts,
    position: row.position,
  }
}

export class ReceiptWriter extends ReceiptReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Moves a receipt forward. False, and nothing changes, when the stored one is as far or further. */
  async advance(receipt: Receipt): Promise<boolean> {
    const { roomId, userId, type, threadId, eventId, eventPosition, ts } = receipt
    const known = await this.db.get<{ event_position: number }>(
      'SELECT event_position FROM receipts WHERE room_id = ? AND user_id = ? AND receipt_type = ? AND thread_id = ?',
      roomId,
      userId,
      type,
      threadId ?? UNTHREADED,
    )
    if (known !== undefined && known.event_position >= eventPosition) return false
    const position = await this.#tx.takePosition('receipts')
    await this.#tx.db.send(
      `INSERT INTO receipts (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (room_id, user_id, receipt_type, thread_id) DO UPDATE SET event_id = excluded.event_id,
         event_position = excluded.event_position, ts = excluded.ts, position = excluded.position`,
      roomId,
      userId,
      type,
      threadId ?? UNTHREADED,
      eventId,
      eventPosition,
      ts,
      position,
    )
    const detail: ReceiptRow = { ...receipt, position }
    this.#tx.announce({ stream: 'receipts', position, key: roomId, detail })
    return true
  }

  /** Deletes receipts of a room that is being deleted, at most `limit` of them; how many were deleted. */
  async deleteOfRoom(roomId: string, limit: number): Promise<number> {
    return this.#tx.db.run(
      `DELETE FROM receipts WHERE (room_id, user_id, receipt_type, thread_id) IN
         (SELECT room_id, user_id, receipt_type, thread_id FROM receipts WHERE room_id = ? LIMIT ?)`,
      roomId,
      limit,
    )
  }
}
