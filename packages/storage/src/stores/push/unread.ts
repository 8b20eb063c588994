import type { RoomId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** What is unread for a user in a room, counted up to `upTo`. */
export interface UnreadCheckpoint {
  roomId: RoomId
  /** Position in the `events` stream. */
  upTo: number
  /** JSON text; its shape belongs to the counting code. */
  items: string
}

/** How far unread events have been counted, so that they need not be judged again. A cache that survives restarts. */
export class UnreadReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async listOfUser(userId: string): Promise<UnreadCheckpoint[]> {
    const rows = await this.db.all<{ room_id: RoomId; up_to: number; items: string }>(
      'SELECT room_id, up_to, items FROM unread_checkpoints WHERE user_id = ?',
      userId,
    )
    return rows.map((row) => ({ roomId: row.room_id, upTo: row.up_to, items: row.items }))
  }
}

const UPSERT = {
  table: 'unread_checkpoints',
  columns: { user_id: 'text', room_id: 'text', up_to: 'bigint', items: 'text' },
  conflict: 'ON CONFLICT (user_id, room_id) DO UPDATE SET up_to = excluded.up_to, items = excluded.items',
} as const

export class UnreadWriter extends UnreadReader {
  readonly #tx: { db: WriteHandle }
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#tx = tx
  }

  /** Keeps checkpoints of one user, each room at most once. */
  async keep(userId: string, checkpoints: readonly UnreadCheckpoint[]): Promise<void> {
    await bulkInsert(
      this.#tx.db,
      UPSERT,
      checkpoints.map(({ roomId, upTo, items }) => [userId, roomId, upTo, items]),
    )
  }

  /** Forgets the user's checkpoints: of one room, or with null of all. */
  async forget(userId: string, roomId: string | null): Promise<void> {
    if (roomId === null) await this.#tx.db.send('DELETE FROM unread_checkpoints WHERE user_id = ?', userId)
    else
      await this.#tx.db.send(
        'DELETE FROM unread_checkpoints WHERE user_id = ? AND room_id = ?',
        userId,
        roomId,
      )
  }
}
