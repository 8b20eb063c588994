import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../db/types.ts'

export interface RateLimitOverride {
  /** 0: no limit at all. */
  messagesPerSecond: number
  burstCount: number
}

/** Rate limits an administrator has set for single accounts. */
export class RateLimitOverrideReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string): Promise<RateLimitOverride | undefined> {
    const row = await this.db.get<{ messages_per_second: number | null; burst_count: number | null }>(
      'SELECT messages_per_second, burst_count FROM ratelimit_overrides WHERE user_id = ?',
      userId,
    )
    return row && { messagesPerSecond: row.messages_per_second ?? 0, burstCount: row.burst_count ?? 0 }
  }
}

export class RateLimitOverrideWriter extends RateLimitOverrideReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async put(userId: UserId, { messagesPerSecond, burstCount }: RateLimitOverride): Promise<void> {
    await this.#db.run(
      `INSERT INTO ratelimit_overrides (user_id, messages_per_second, burst_count) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET messages_per_second = excluded.messages_per_second,
         burst_count = excluded.burst_count`,
      userId,
      messagesPerSecond,
      burstCount,
    )
  }

  async delete(userId: UserId): Promise<void> {
    await this.#db.run('DELETE FROM ratelimit_overrides WHERE user_id = ?', userId)
  }
}
