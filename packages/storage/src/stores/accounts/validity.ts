import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import { queueDirectoryUser } from '../directory/user-directory-queue.ts'

/** Until when an account may be used. Times are milliseconds since epoch. */
export interface AccountValidity {
  userId: UserId
  expirationTs: number
  /** No (further) renewal mail is wanted before it expires. */
  mailSent: boolean
  /** The user directory has been told that the account has expired. */
  hidden: boolean
  /** When the token of the last renewal mail was used; null: it was not. */
  tokenUsedTs: number | null
}

interface ValidityRow {
  user_id: UserId
  expiration_ts: number
  mail_sent: number
  hidden: number
  token_used_ts: number | null
}

const COLUMNS = 'user_id, expiration_ts, mail_sent, hidden, token_used_ts'

/** When accounts expire. An account without a row does not. */
export class AccountValidityReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string): Promise<AccountValidity | undefined> {
    const row = await this.db.get<ValidityRow>(
      `SELECT ${COLUMNS} FROM account_validity WHERE user_id = ?`,
      userId,
    )
    return row && toValidity(row)
  }

  /** The account whose latest renewal token this is, used or not. */
  async findByToken(tokenHash: string): Promise<AccountValidity | undefined> {
    const row = await this.db.get<ValidityRow>(
      `SELECT ${COLUMNS} FROM account_validity WHERE renewal_token_hash = ?`,
      tokenHash,
    )
    return row && toValidity(row)
  }

  /** Accounts that still want a renewal mail and expire in `[fromTs, toTs]`, behind `after`, soonest first. */
  async listUnmailed(
    { fromTs, toTs, after }: { fromTs: number; toTs: number; after: { ts: number; userId: string } },
    limit: number,
  ): Promise<AccountValidity[]> {
    const rows = await this.db.all<ValidityRow>(
      `SELECT ${COLUMNS} FROM account_validity
       WHERE mail_sent = 0 AND expiration_ts <= ? AND (expiration_ts, user_id) > (?, ?)
       ORDER BY expiration_ts, user_id LIMIT ?`,
      toTs,
      Math.max(after.ts, fromTs),
      after.ts < fromTs ? '' : after.userId,
      limit,
    )
    return rows.map(toValidity)
  }

  /** Accounts that have expired by `nowMs`, which the user directory has not been told of. */
  async listToHide(nowMs: number, limit: number): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      `SELECT user_id FROM account_validity WHERE hidden = 0 AND expiration_ts <= ?
       ORDER BY expiration_ts, user_id LIMIT ?`,
      nowMs,
      limit,
    )
    return rows.map((row) => row.user_id)
  }

  async listHidden(limit: number): Promise<UserId[]> {
    const rows = await this.db.all<{ user_id: UserId }>(
      'SELECT user_id FROM account_validity WHERE hidden = 1 ORDER BY expiration_ts, user_id LIMIT ?',
      limit,
    )
    return rows.map((row) => row.user_id)
  }

  /** The next `limit` accounts behind `after`, by name, and which of them have no time at which they expire. */
  async accountsBehind(after: string, limit: number): Promise<{ userId: UserId; isMissing: boolean }[]> {
    const rows = await this.db.all<{ name: UserId; expiration_ts: number | null }>(
      `SELECT u.name, v.expiration_ts FROM users u LEFT JOIN account_validity v ON v.user_id = u.name
       WHERE u.name > ? ORDER BY u.name LIMIT ?`,
      after,
      limit,
    )
    return rows.map((row) => ({ userId: row.name, isMissing: row.expiration_ts === null }))
  }
}

export class AccountValidityWriter extends AccountValidityReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /**
   * Says when the account expires, shows it in the user directory again, and voids the token of an earlier mail unless
   * that is what it was renewed with (`tokenUsedTs`). Announces `validity`.
   */
  async set(
    userId: UserId,
    {
      expirationTs,
      mailSent,
      tokenUsedTs,
    }: { expirationTs: number; mailSent: boolean; tokenUsedTs?: number },
  ): Promise<void> {
    const before = await this.find(userId)
    this.#tx.audit.updated(
      'validity',
      userId,
      { expiration_ts: before?.expirationTs ?? null },
      { expiration_ts: expirationTs },
    )
    await this.#db.send(
      `INSERT INTO account_validity (user_id, expiration_ts, mail_sent, hidden) VALUES (?, ?, ?, 0)
       ON CONFLICT (user_id) DO UPDATE SET expiration_ts = excluded.expiration_ts, mail_sent = excluded.mail_sent,
         hidden = 0`,
      userId,
      expirationTs,
      mailSent ? 1 : 0,
    )
    if (before !== undefined)
      await (tokenUsedTs === undefined
        ? this.#db.run(
            'UPDATE account_validity SET renewal_token_hash = NULL, token_used_ts = NULL WHERE user_id = ?',
            userId,
          )
        : this.#db.run(
            'UPDATE account_validity SET token_used_ts = ? WHERE user_id = ?',
            tokenUsedTs,
            userId,
          ))
    if (before?.hidden) await queueDirectoryUser(this.#db, userId)
    const position = await this.#tx.takePosition('accounts')
    this.#tx.announce({ stream: 'accounts', position, key: userId, change: 'validity' })
  }

  /** The token in the latest renewal mail. Earlier ones are void. */
  async setToken(userId: UserId, tokenHash: string): Promise<void> {
    await this.#db.send(
      `UPDATE account_validity SET renewal_token_hash = ?, token_used_ts = NULL, mail_sent = 1 WHERE user_id = ?`,
      tokenHash,
      userId,
    )
  }

  /** Takes expired accounts out of the user directory, or puts them back. Announced, so that it looks at them. */
  async setHidden(userIds: readonly UserId[], hidden: boolean): Promise<void> {
    for (const userId of userIds) {
      await this.#db.send('UPDATE account_validity SET hidden = ? WHERE user_id = ?', hidden ? 1 : 0, userId)
      await queueDirectoryUser(this.#db, userId)
      const position = await this.#tx.takePosition('accounts')
      this.#tx.announce({ stream: 'accounts', position, key: userId, change: 'validity' })
    }
  }
}

function toValidity(row: ValidityRow): AccountValidity {
  return {
    userId: row.user_id,
    expirationTs: row.expiration_ts,
    mailSent: row.mail_sent === 1,
    hidden: row.hidden === 1,
    tokenUsedTs: row.token_used_ts,
  }
}
