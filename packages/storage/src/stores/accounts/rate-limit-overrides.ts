import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

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
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  async put(userId: UserId, { messagesPerSecond, burstCount }: RateLimitOverride): Promise<void> {
    await this.#note(userId, { messages_per_second: messagesPerSecond, burst_count: burstCount })
    await this.#db.send(
      `INSERT INTO ratelimit_overrides (user_id, messages_per_second, burst_count) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET messages_per_second = excluded.messages_per_second,
         burst_count = excluded.burst_count`,
      userId,
      messagesPerSecond,
      burstCount,
    )
  }

  async delete(userId: UserId): Promise<void> {
    await this.#note(userId, { messages_per_second: null, burst_count: null })
    await this.#db.send('DELETE FROM ratelimit_overrides WHERE user_id = ?', userId)
  }

  async #note(userId: UserId, after: JsonObject): Promise<void> {
    if (!this.#audit.isRecording) return
    const present = await this.find(userId)
    const before = {
      messages_per_second: present?.messagesPerSecond ?? null,
      burst_count: present?.burstCount ?? null,
    }
    this.#audit.updated('rate_limit', userId, before, after)
  }
}
