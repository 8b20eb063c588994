import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Tokens that tell a third party who a user is, and let it do nothing. Known by hash only. */
export class OpenIdTokenReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Whose it is, unless it is unknown or has expired. */
  async find(tokenHash: string, nowMs: number): Promise<UserId | undefined> {
    const row = await this.db.get<{ user_id: UserId }>(
      'SELECT user_id FROM openid_tokens WHERE token_hash = ? AND expiry_ts > ?',
      tokenHash,
      nowMs,
    )
    return row?.user_id
  }
}

export class OpenIdTokenWriter extends OpenIdTokenReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** Adds a token, and forgets those that have expired. */
  async add(
    tokenHash: string,
    userId: UserId,
    { expiryTs, nowMs }: { expiryTs: number; nowMs: number },
  ): Promise<void> {
    await this.#db.send('DELETE FROM openid_tokens WHERE expiry_ts <= ?', nowMs)
    await this.#db.send(
      'INSERT INTO openid_tokens (token_hash, user_id, expiry_ts) VALUES (?, ?, ?)',
      tokenHash,
      userId,
      expiryTs,
    )
  }

  async deleteAll(userId: UserId): Promise<void> {
    await this.#db.send('DELETE FROM openid_tokens WHERE user_id = ?', userId)
  }
}
