import type { WriteHandle } from '../db/types.ts'
import { rebuildAdminLists } from './list-rebuild.ts'
import { COUNTED } from './rooms/joined-devices.ts'
import { moveRooms, type RoomMove, roomSort } from './rooms/sorts.ts'

/** Makes anew, piece by piece, what is derived from other tables. */
export class RebuildWriter {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    this.#db = tx.db
  }

  /** See {@link rebuildAdminLists}. */
  adminLists(): Promise<void> {
    return rebuildAdminLists(this.#db)
  }

  /**
   * Lets the user directory look again at up to `limit` accounts behind `after`. The last of them; `undefined` when there
   * are no more.
   */
  async queueAccounts(after: string, limit: number): Promise<{ last: string | undefined; count: number }> {
    const rows = await this.#db.all<{ id: string }>(
      'SELECT name AS id FROM users WHERE name > ? ORDER BY name LIMIT ?',
      after,
      limit,
    )
    for (const { id } of rows) await this.#queue('', id)
    return { last: rows.at(-1)?.id, count: rows.length }
  }

  /** As {@link queueAccounts}, for the members of rooms. */
  async queueRooms(after: string, limit: number): Promise<{ last: string | undefined; count: number }> {
    const rows = await this.#roomsBehind(after, limit)
    for (const { id } of rows) await this.#queue(id, '')
    return { last: rows.at(-1)?.id, count: rows.length }
  }

  /** Counts the members, and their devices, of up to `limit` rooms behind `after` again. */
  async recountRooms(after: string, limit: number): Promise<{ last: string | undefined; count: number }> {
    const rows = await this.#roomsBehind(after, limit)
    const moves: RoomMove[] = []
    for (const { id } of rows) {
      const row = await this.#db.get<{ published: number; joined_count: number; sort: number }>(
        `UPDATE rooms SET
           joined_count = (SELECT COUNT(*) FROM room_members m WHERE m.room_id = rooms.room_id AND m.membership = 'join'),
           invited_count = (SELECT COUNT(*) FROM room_members m WHERE m.room_id = rooms.room_id AND m.membership = 'invite'),
           joined_devices = (SELECT COALESCE(SUM(${COUNTED}), 0) FROM room_members m JOIN users u ON u.name = m.user_id
             WHERE m.room_id = rooms.room_id AND m.membership = 'join')
         WHERE room_id = ? RETURNING published, joined_count, sort`,
        id,
      )
      if (row !== undefined) moves.push({ roomId: id, before: row.sort, after: roomSort(row) })
    }
    await moveRooms(this.#db, moves)
    return { last: rows.at(-1)?.id, count: rows.length }
  }

  #roomsBehind(after: string, limit: number): Promise<{ id: string }[]> {
    const sql = 'SELECT room_id AS id FROM rooms WHERE room_id > ? ORDER BY room_id LIMIT ?'
    return this.#db.all<{ id: string }>(sql, after, limit)
  }

  async #queue(roomId: string, userId: string): Promise<void> {
    await this.#db.run(
      `INSERT INTO user_directory_queue (room_id, user_id, version, resume_after) VALUES (?, ?, 1, '')
       ON CONFLICT (room_id, user_id) DO UPDATE SET version = user_directory_queue.version + 1, resume_after = ''`,
      roomId,
      userId,
    )
  }
}
