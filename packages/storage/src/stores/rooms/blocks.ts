import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Rooms nobody of this server may come into. They need not exist. */
export class RoomBlockReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The administrator who blocked the room; `undefined`: it is not blocked. */
  async findBlocker(roomId: string): Promise<UserId | undefined> {
    const row = await this.db.get<{ user_id: UserId }>(
      'SELECT user_id FROM blocked_rooms WHERE room_id = ?',
      roomId,
    )
    return row?.user_id
  }
}

export class RoomBlockWriter extends RoomBlockReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /** Who blocked the room first stays its blocker. */
  async block(roomId: string, by: string): Promise<void> {
    const added = await this.#db.run(
      'INSERT INTO blocked_rooms (room_id, user_id) VALUES (?, ?) ON CONFLICT (room_id) DO NOTHING',
      roomId,
      by,
    )
    if (added === 1) this.#audit.updated('room', roomId, { blocked: false }, { blocked: true })
  }

  async unblock(roomId: string): Promise<void> {
    const removed = await this.#db.run('DELETE FROM blocked_rooms WHERE room_id = ?', roomId)
    if (removed === 1) this.#audit.updated('room', roomId, { blocked: true }, { blocked: false })
  }
}
