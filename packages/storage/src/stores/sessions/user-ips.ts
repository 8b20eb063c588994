import type { UserId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Where an access token was used from. */
export interface Connection {
  ip: string
  /** The agent of the latest request. */
  userAgent: string
  lastSeenTs: number
}

export interface SeenConnection extends Connection {
  userId: UserId
  tokenId: number
  deviceId: string | null
}

/** One row for each user, access token and address. */
export class UserIpReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Latest first. */
  async list(userId: string): Promise<Connection[]> {
    const rows = await this.db.all<{ ip: string; user_agent: string; last_seen_ts: number }>(
      `SELECT ip, user_agent, last_seen_ts FROM user_ips WHERE user_id = ?
       ORDER BY last_seen_ts DESC, token_id, ip`,
      userId,
    )
    return rows.map((row) => ({ ip: row.ip, userAgent: row.user_agent, lastSeenTs: row.last_seen_ts }))
  }
}

const INSERT = {
  table: 'user_ips',
  columns: {
    user_id: 'text',
    token_id: 'bigint',
    ip: 'text',
    user_agent: 'text',
    device_id: 'text',
    last_seen_ts: 'bigint',
  },
  conflict: `ON CONFLICT (user_id, token_id, ip)
    DO UPDATE SET user_agent = excluded.user_agent, last_seen_ts = excluded.last_seen_ts`,
} as const

export class UserIpWriter extends UserIpReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** No two of them of the same user, token and address. */
  async record(seen: readonly SeenConnection[]): Promise<void> {
    await bulkInsert(
      this.#db,
      INSERT,
      seen.map((row) => [row.userId, row.tokenId, row.ip, row.userAgent, row.deviceId, row.lastSeenTs]),
    )
  }

  /** Removes rows last seen before `ts`. */
  async deleteBefore(ts: number): Promise<number> {
    return this.#db.run('DELETE FROM user_ips WHERE last_seen_ts < ?', ts)
  }
}
