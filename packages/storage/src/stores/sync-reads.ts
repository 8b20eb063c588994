import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../db/types.ts'

/** Questions only `/sync` and its neighbours ask, across several subjects. */
export class SyncReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /**
   * The rooms of the user with events above `after`: joined rooms by their last event, others by the user's own member
   * event.
   */
  async changedRooms(userId: string, after: number): Promise<RoomId[]> {
    const rows = await this.db.all<{ room_id: RoomId }>(
      `SELECT m.room_id FROM room_members m JOIN rooms r ON r.room_id = m.room_id
       WHERE m.user_id = ? AND (m.nid > ? OR (m.membership = 'join' AND r.last_position > ?))`,
      userId,
      after,
      after,
    )
    return rows.map((row) => row.room_id)
  }

  /**
   * Numbers of live events in `roomIds`, newest first, among positions above `after` and below `before`. The range
   * bounds the work: the caller asks for the next one when this one did not suffice.
   */
  async eventsIn(
    roomIds: readonly string[],
    range: { after: number; before: number; limit: number },
  ): Promise<number[]> {
    const rows = await this.db.all<{ nid: number }>(
      `SELECT nid FROM events WHERE nid > ? AND nid < ? AND position IS NOT NULL AND status = 0 AND room_id = ANY(?)
       ORDER BY nid DESC LIMIT ?`,
      range.after,
      range.before,
      roomIds,
      range.limit,
    )
    return rows.map((row) => row.nid)
  }

  /** Position of the room's newest live event of one of `types`, among its newest thousand events. */
  async lastOfTypes(roomId: string, types: readonly string[]): Promise<number | undefined> {
    const row = await this.db.get<{ position: number }>(
      `SELECT position FROM (
         SELECT position, type FROM events WHERE room_id = ? AND position > 0 AND status = 0
         ORDER BY position DESC LIMIT 1000) AS newest
       WHERE type = ANY(?) ORDER BY position DESC LIMIT 1`,
      roomId,
      types,
    )
    return row?.position
  }
}
