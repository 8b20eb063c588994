import type { UserId } from '@ranvier/protocol/ids/brands'
import type { WriteHandle } from '../../db/types.ts'
import type { AuthSession } from './devices.ts'

/** Tokens that log a user in once, instead of a password. */
export class LoginTokenWriter {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    this.#db = tx.db
  }

  /** `session`: at the provider by which the user has come. */
  async add(
    tokenHash: string,
    userId: UserId,
    expiryTs: number,
    session: AuthSession | null = null,
  ): Promise<void> {
    await this.#db.send(
      'INSERT INTO login_tokens (token_hash, user_id, expiry_ts, auth_provider, auth_session) VALUES (?, ?, ?, ?, ?)',
      tokenHash,
      userId,
      expiryTs,
      session?.provider ?? null,
      session?.sessionId ?? null,
    )
  }

  /** Takes a token out; whose it was, unless it is unknown or has expired. */
  async take(
    tokenHash: string,
    nowMs: number,
  ): Promise<{ userId: UserId; session: AuthSession | null } | undefined> {
    await this.#db.send('DELETE FROM login_tokens WHERE expiry_ts <= ?', nowMs)
    const row = await this.#db.get<{
      user_id: UserId
      auth_provider: string | null
      auth_session: string | null
    }>(
      'DELETE FROM login_tokens WHERE token_hash = ? RETURNING user_id, auth_provider, auth_session',
      tokenHash,
    )
    if (row === undefined) return undefined
    const { auth_provider: provider, auth_session: sessionId } = row
    return {
      userId: row.user_id,
      session: provider === null || sessionId === null ? null : { provider, sessionId },
    }
  }

  /** What has come of a session at a provider and is not used yet. */
  async deleteOf({ provider, sessionId }: AuthSession): Promise<void> {
    await this.#db.send(
      'DELETE FROM login_tokens WHERE auth_provider = ? AND auth_session = ?',
      provider,
      sessionId,
    )
  }
}
