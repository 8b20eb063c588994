import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** The room in which a user gets notices of the server. */
export class ServerNoticeReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async findRoom(userId: string): Promise<RoomId | undefined> {
    const sql = 'SELECT room_id FROM server_notice_rooms WHERE user_id = ?'
    return (await this.db.get<{ room_id: RoomId }>(sql, userId))?.room_id
  }
}

export class ServerNoticeWriter extends ServerNoticeReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /** From now on the user gets notices in this room. */
  async setRoom(userId: string, roomId: string): Promise<void> {
    this.#audit.changed({ kind: 'user', id: userId, after: { server_notices_room: roomId } })
    await this.#db.send(
      `INSERT INTO server_notice_rooms (user_id, room_id) VALUES (?, ?)
       ON CONFLICT (user_id) DO UPDATE SET room_id = excluded.room_id`,
      userId,
      roomId,
    )
  }
}
