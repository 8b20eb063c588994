import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'

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
   * Live events of others in the rooms the user is in, newest first, without redacted ones, among positions above
   * `after` and below `before`. The range bounds the work: the caller asks for the next one when this one did not suffice.
   * So written that no planner thinks of beginning with the rooms.
   */
  async othersEvents(
    userId: string,
    range: { after: number; before: number; limit: number },
  ): Promise<{ nid: number; roomId: RoomId }[]> {
    const rows = await this.db.all<{ nid: number; room_id: RoomId }>(
      `SELECT nid, room_id FROM events
       WHERE nid > ? AND nid < ? AND position IS NOT NULL AND status = 0 AND sender <> ? AND redacted_by IS NULL
         AND (room_id || '') IN (SELECT room_id FROM room_members WHERE user_id = ? AND membership = 'join')
       ORDER BY nid DESC LIMIT ?`,
      range.after,
      range.before,
      userId,
      userId,
      range.limit,
    )
    return rows.map(({ nid, room_id }) => ({ nid, roomId: room_id }))
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
