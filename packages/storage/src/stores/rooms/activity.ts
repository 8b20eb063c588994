import type { ReadHandle } from '../../db/types.ts'
import { EVENT_COLUMNS, type RawEvent, toEvent } from './rows.ts'
import type { EventRow } from './types.ts'

/** What single users did in rooms, for administrators who look into abuse. */
export class RoomActivityReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  /** Invites the user has sent since `fromTs` (inclusive, ms since epoch), whatever became of them. */
  async countInvitesSent(userId: string, fromTs: number): Promise<number> {
    const row = await this.#db.get<{ n: number }>(
      "SELECT COUNT(*) AS n FROM events WHERE membership = 'invite' AND sender = ? AND received_ts >= ?",
      userId,
      fromTs,
    )
    return row?.n ?? 0
  }

  /** Rooms the user was joined to by an event since `fromTs` (inclusive), also those left again. */
  async countRoomsJoined(userId: string, fromTs: number): Promise<number> {
    const row = await this.#db.get<{ n: number }>(
      `SELECT COUNT(DISTINCT room_id) AS n FROM events
       WHERE membership = 'join' AND state_key = ? AND received_ts >= ?`,
      userId,
      fromTs,
    )
    return row?.n ?? 0
  }

  /**
   * What `sender` has sent below position `before`, newest first, looking at no more than `scan` events of the room.
   * `reached` is where to go on from; `undefined` when the beginning (`after`, exclusive) was reached.
   */
  async eventsOf(
    roomId: string,
    sender: string,
    { after, before, scan }: { after: number; before: number; scan: number },
  ): Promise<{ events: EventRow[]; reached: number | undefined }> {
    const end = await this.#db.get<{ position: number }>(
      `SELECT position FROM events WHERE room_id = ? AND position < ? AND position > ?
       ORDER BY position DESC LIMIT 1 OFFSET ?`,
      roomId,
      before,
      after,
      scan - 1,
    )
    const rows = await this.#db.all<RawEvent>(
      `SELECT ${EVENT_COLUMNS} FROM events e
       WHERE e.room_id = ? AND e.position < ? AND e.position >= ? AND e.sender = ? AND e.status = 0
       ORDER BY e.position DESC`,
      roomId,
      before,
      end?.position ?? after + 1,
      sender,
    )
    return { events: rows.map(toEvent), reached: end?.position }
  }
}
