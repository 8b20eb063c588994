import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** The backed-up key of one session. */
export interface BackupSession {
  roomId: string
  sessionId: string
  firstMessageIndex: number
  forwardedCount: number
  isVerified: boolean
  /** JSON text of an object. */
  sessionData: string
}

/** What decides which of two keys of one session is kept. */
export type SessionRank = Pick<
  BackupSession,
  'roomId' | 'sessionId' | 'firstMessageIndex' | 'forwardedCount' | 'isVerified'
>

interface RawRank {
  room_id: string
  session_id: string
  first_message_index: number
  forwarded_count: number
  is_verified: number
}
type RawSession = RawRank & { session_data: string }
const RANK_COLUMNS = 'room_id, session_id, first_message_index, forwarded_count, is_verified'
const SESSION_COLUMNS = `${RANK_COLUMNS}, session_data`

/** The room keys in backups. Whether the version they belong to exists is for the caller to look at. */
export class BackupSessionReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(
    userId: string,
    version: number,
    roomId: string,
    sessionId: string,
  ): Promise<BackupSession | undefined> {
    const row = await this.db.get<RawSession>(
      `SELECT ${SESSION_COLUMNS} FROM key_backup_sessions
       WHERE user_id = ? AND version = ? AND room_id = ? AND session_id = ?`,
      userId,
      version,
      roomId,
      sessionId,
    )
    return row && toSession(row)
  }

  /** Up to `limit` sessions of the whole backup behind `after`, in the order of room and session ids. */
  async page(
    userId: string,
    version: number,
    { after, limit }: { after: Pick<BackupSession, 'roomId' | 'sessionId'>; limit: number },
  ): Promise<BackupSession[]> {
    const rows = await this.db.all<RawSession>(
      `SELECT ${SESSION_COLUMNS} FROM key_backup_sessions
       WHERE user_id = ? AND version = ? AND (room_id, session_id) > (?, ?) ORDER BY room_id, session_id LIMIT ?`,
      userId,
      version,
      after.roomId,
      after.sessionId,
      limit,
    )
    return rows.map(toSession)
  }

  /** Up to `limit` sessions of one room behind `afterSessionId`, in the order of their ids. */
  async pageOfRoom(
    userId: string,
    version: number,
    roomId: string,
    { afterSessionId, limit }: { afterSessionId: string; limit: number },
  ): Promise<BackupSession[]> {
    const rows = await this.db.all<RawSession>(
      `SELECT ${SESSION_COLUMNS} FROM key_backup_sessions
       WHERE user_id = ? AND version = ? AND room_id = ? AND session_id > ? ORDER BY session_id LIMIT ?`,
      userId,
      version,
      roomId,
      afterSessionId,
      limit,
    )
    return rows.map(toSession)
  }

  /** What is kept for these sessions of one room. */
  async ranks(
    userId: string,
    version: number,
    roomId: string,
    sessionIds: readonly string[],
  ): Promise<SessionRank[]> {
    const rows = await this.db.all<RawRank>(
      `SELECT ${RANK_COLUMNS} FROM key_backup_sessions
       WHERE user_id = ? AND version = ? AND room_id = ? AND session_id = ANY(?)`,
      userId,
      version,
      roomId,
      sessionIds,
    )
    return rows.map(toRank)
  }
}

const INSERT_SESSION = {
  table: 'key_backup_sessions',
  columns: {
    user_id: 'text',
    version: 'bigint',
    room_id: 'text',
    session_id: 'text',
    first_message_index: 'bigint',
    forwarded_count: 'bigint',
    is_verified: 'bigint',
    session_data: 'text',
  },
  conflict: `ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE SET
    first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
    is_verified = excluded.is_verified, session_data = excluded.session_data`,
} as const

export class BackupSessionWriter extends BackupSessionReader {
  readonly #db: WriteHandle
  constructor(tx: Pick<Transaction, 'db'>) {
    super(tx.db)
    this.#db = tx.db
  }

  /** Adds or replaces sessions. No two may be of one session. */
  async put(userId: string, version: number, sessions: readonly BackupSession[]): Promise<void> {
    await bulkInsert(
      this.#db,
      INSERT_SESSION,
      sessions.map((each) => [
        userId,
        version,
        each.roomId,
        each.sessionId,
        each.firstMessageIndex,
        each.forwardedCount,
        each.isVerified ? 1 : 0,
        each.sessionData,
      ]),
    )
  }

  /** Deletes one session of a room; false if it is not there. */
  async delete(userId: string, version: number, roomId: string, sessionId: string): Promise<boolean> {
    const deleted = await this.#db.run(
      'DELETE FROM key_backup_sessions WHERE user_id = ? AND version = ? AND room_id = ? AND session_id = ?',
      userId,
      version,
      roomId,
      sessionId,
    )
    return deleted > 0
  }

  /** Deletes up to `limit` sessions, of one room or with null of any; how many there were. */
  async deleteSome(
    userId: string,
    version: number,
    { roomId, limit }: { roomId: string | null; limit: number },
  ): Promise<number> {
    return roomId === null
      ? this.#deleteOfAnyRoom(userId, version, limit)
      : this.#deleteOfRoom(userId, version, roomId, limit)
  }

  #deleteOfAnyRoom(userId: string, version: number, limit: number): Promise<number> {
    return this.#db.run(
      `DELETE FROM key_backup_sessions WHERE user_id = ? AND version = ? AND (room_id, session_id) IN
         (SELECT room_id, session_id FROM key_backup_sessions WHERE user_id = ? AND version = ? LIMIT ?)`,
      userId,
      version,
      userId,
      version,
      limit,
    )
  }

  #deleteOfRoom(userId: string, version: number, roomId: string, limit: number): Promise<number> {
    return this.#db.run(
      `DELETE FROM key_backup_sessions WHERE user_id = ? AND version = ? AND room_id = ? AND session_id IN
         (SELECT session_id FROM key_backup_sessions WHERE user_id = ? AND version = ? AND room_id = ? LIMIT ?)`,
      userId,
      version,
      roomId,
      userId,
      version,
      roomId,
      limit,
    )
  }
}

function toRank(row: RawRank): SessionRank {
  return {
    roomId: row.room_id,
    sessionId: row.session_id,
    firstMessageIndex: row.first_message_index,
    forwardedCount: row.forwarded_count,
    isVerified: row.is_verified === 1,
  }
}

function toSession(row: RawSession): BackupSession {
  return { ...toRank(row), sessionData: row.session_data }
}
