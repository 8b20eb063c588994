import type { WriteHandle } from '../db/types.ts'
import { moveRooms, roomSort } from './list-totals.ts'

/** Makes anew, piece by piece, what is derived from other tables. */
export class RebuildWriter {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    this.#db = tx.db
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

  /** Counts the members of up to `limit` rooms behind `after` again. */
  async recountRooms(after: string, limit: number): Promise<{ last: string | undefined; count: number }> {
    const rows = await this.#roomsBehind(after, limit)
    const sortOf = async (roomId: string) =>
      roomSort((await this.#db.get('SELECT published, joined_count FROM rooms WHERE room_id = ?', roomId))!)
    for (const { id } of rows) {
      const before = await sortOf(id)
      await this.#db.run(
        `UPDATE rooms SET
           joined_count = (SELECT COUNT(*) FROM room_members m WHERE m.room_id = rooms.room_id AND m.membership = 'join'),
           invited_count = (SELECT COUNT(*) FROM room_members m WHERE m.room_id = rooms.room_id AND m.membership = 'invite')
         WHERE room_id = ?`,
        id,
      )
      await moveRooms(this.#db, [{ before, after: await sortOf(id) }])
    }
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
