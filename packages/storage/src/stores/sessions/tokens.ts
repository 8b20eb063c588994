import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** A change of an account: tokens of it are no longer good, and devices may be gone with them. */
export const TOKENS_REMOVED = 'tokens-removed'

/** What an access token stands for, with the flags of the account it acts as. */
export interface TokenHolder {
  tokenId: number
  /** Who the token acts as. */
  userId: UserId
  /** The administrator it was issued to, when it acts as somebody else. */
  puppetedBy: UserId | null
  deviceId: string | null
  validUntilMs: number | null
  refreshTokenId: number | null
  used: boolean
  isGuest: boolean
  shadowBanned: boolean
  suspended: boolean
  locked: boolean
  appserviceId: string | null
  /** When the account expires; null: never. */
  expirationTs: number | null
  /** What the owner of the token has agreed to: the administrator, when it acts as somebody else. */
  consentVersion: string | null
  /** The owner's type, such as `bot`. */
  ownerType: string | null
}

export interface RefreshToken {
  id: number
  userId: UserId
  deviceId: string
  expiryTs: number | null
  /** When the log-in ends however often it is refreshed. */
  sessionExpiryTs: number | null
}

export interface NewAccessToken {
  /** SHA-256 of the token. The token itself is never stored. */
  tokenHash: string
  /** Who owns it: the user, or the administrator of a puppet token. */
  userId: UserId
  deviceId: string | null
  puppetsUserId?: UserId
  validUntilMs: number | null
  /** The refresh token issued together with it. */
  refreshTokenId?: number
  createdTs: number
}

export interface NewRefreshToken {
  tokenHash: string
  userId: UserId
  deviceId: string
  /** The refresh token this one replaces: it dies when this one, or its access token, is first used. */
  parentId?: number
  expiryTs: number | null
  sessionExpiryTs: number | null
}

interface HolderRow {
  id: number
  acts_as: UserId
  owner: UserId
  device_id: string | null
  puppets_user_id: UserId | null
  valid_until_ms: number | null
  refresh_token_id: number | null
  used: number
  is_guest: number
  shadow_banned: number
  suspended: number
  locked: number
  appservice_id: string | null
  expiration_ts: number | null
  consent_version: string | null
  owner_type: string | null
}

/** Access tokens, refresh tokens and one-time login tokens. All are known by hash only. */
export class TokenReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Who the access token stands for, expired tokens included. */
  async findHolder(tokenHash: string): Promise<TokenHolder | undefined> {
    const row = await this.db.get<HolderRow>(
      `SELECT t.id, u.name AS acts_as, t.user_id AS owner, t.device_id, t.puppets_user_id, t.valid_until_ms,
              t.refresh_token_id, t.used, u.is_guest, u.shadow_banned, u.suspended, u.locked, u.appservice_id, v.expiration_ts,
              o.consent_version, o.user_type AS owner_type
       FROM access_tokens t JOIN users u ON u.name = COALESCE(t.puppets_user_id, t.user_id)
       JOIN users o ON o.name = t.user_id
       LEFT JOIN account_validity v ON v.user_id = u.name
       WHERE t.token_hash = ?`,
      tokenHash,
    )
    return row && toHolder(row)
  }

  async findRefresh(tokenHash: string): Promise<RefreshToken | undefined> {
    const row = await this.db.get<{
      id: number
      user_id: UserId
      device_id: string
      expiry_ts: number | null
      session_expiry_ts: number | null
    }>('SELECT * FROM refresh_tokens WHERE token_hash = ?', tokenHash)
    return (
      row && {
        id: row.id,
        userId: row.user_id,
        deviceId: row.device_id,
        expiryTs: row.expiry_ts,
        sessionExpiryTs: row.session_expiry_ts,
      }
    )
  }
}

export class TokenWriter extends TokenReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** The new token's id: its position in the `accounts` stream, so ids are unique without a counter of their own. */
  async addAccess(token: NewAccessToken): Promise<number> {
    const id = await this.#tx.takePosition('accounts')
    await this.#db.send(
      `INSERT INTO access_tokens
         (id, token_hash, user_id, device_id, puppets_user_id, valid_until_ms, refresh_token_id, created_ts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      token.tokenHash,
      token.userId,
      token.deviceId,
      token.puppetsUserId ?? null,
      token.validUntilMs,
      token.refreshTokenId ?? null,
      token.createdTs,
    )
    this.#tx.announce({ stream: 'accounts', position: id, key: token.userId, change: 'token-added' })
    this.#tx.audit.changed({
      kind: 'session',
      id: String(id),
      after: {
        user_id: token.puppetsUserId ?? token.userId,
        device_id: token.deviceId,
        valid_until_ms: token.validUntilMs,
      },
    })
    return id
  }

  async addRefresh(token: NewRefreshToken): Promise<number> {
    const id = await this.#tx.takePosition('accounts')
    await this.#db.send(
      `INSERT INTO refresh_tokens (id, token_hash, user_id, device_id, parent_id, expiry_ts, session_expiry_ts)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      token.tokenHash,
      token.userId,
      token.deviceId,
      token.parentId ?? null,
      token.expiryTs,
      token.sessionExpiryTs,
    )
    this.#tx.announce({ stream: 'accounts', position: id, key: token.userId, change: 'token-added' })
    return id
  }

  /**
   * The pair of tokens that ends with this refresh token is in use now, so the pair it replaced dies. To be called
   * when the refresh token, or the access token issued with it, is used for the first time.
   */
  async retireParent(refreshTokenId: number): Promise<void> {
    await this.#db.send('UPDATE access_tokens SET used = 1 WHERE refresh_token_id = ?', refreshTokenId)
    const row = await this.#db.get<{ parent_id: number | null; user_id: UserId }>(
      'SELECT parent_id, user_id FROM refresh_tokens WHERE id = ?',
      refreshTokenId,
    )
    if (row === undefined || row.parent_id === null) return
    await this.#db.send('DELETE FROM access_tokens WHERE refresh_token_id = ?', row.parent_id)
    await this.#db.send('DELETE FROM refresh_tokens WHERE id = ?', row.parent_id)
    await this.#db.send('UPDATE refresh_tokens SET parent_id = NULL WHERE id = ?', refreshTokenId)
    await this.#announceRemoved(row.user_id)
  }

  /** One access token, and the refresh token issued with it. */
  async deleteAccess(owner: UserId, tokenId: number): Promise<void> {
    const row = await this.#db.get<{ refresh_token_id: number | null }>(
      'DELETE FROM access_tokens WHERE id = ? RETURNING refresh_token_id',
      tokenId,
    )
    if (row !== undefined && row.refresh_token_id !== null)
      await this.#db.send('DELETE FROM refresh_tokens WHERE id = ?', row.refresh_token_id)
    await this.#announceRemoved(owner)
  }

  /** Every token of these devices. */
  async deleteOfDevices(userId: UserId, deviceIds: readonly string[]): Promise<void> {
    if (deviceIds.length === 0) return
    await this.#db.send(
      'DELETE FROM access_tokens WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
    await this.#db.send(
      'DELETE FROM refresh_tokens WHERE user_id = ? AND device_id = ANY(?)',
      userId,
      deviceIds,
    )
    await this.#announceRemoved(userId)
  }

  /** Every token the user owns, puppet tokens issued to them included, but not those that act as them. */
  async deleteAllOwned(
    userId: UserId,
    keep: { tokenId?: number; deviceId?: string | null } = {},
  ): Promise<void> {
    const deviceId = keep.deviceId ?? ''
    const removed = await this.#db.run(
      `DELETE FROM access_tokens WHERE user_id = ? AND id != ? AND (device_id IS NULL OR device_id != ?)`,
      userId,
      keep.tokenId ?? -1,
      deviceId,
    )
    if (removed > 0)
      this.#tx.audit.changed({ kind: 'sessions', id: userId, before: { access_tokens: removed } })
    await this.#db.send('DELETE FROM refresh_tokens WHERE user_id = ? AND device_id != ?', userId, deviceId)
    await this.#db.send('DELETE FROM login_tokens WHERE user_id = ?', userId)
    await this.#announceRemoved(userId)
  }

  async #announceRemoved(owner: UserId): Promise<void> {
    const position = await this.#tx.takePosition('accounts')
    this.#tx.announce({ stream: 'accounts', position, key: owner, change: TOKENS_REMOVED })
  }
}

function toHolder(row: HolderRow): TokenHolder {
  return {
    tokenId: row.id,
    userId: row.acts_as,
    puppetedBy: row.puppets_user_id === null ? null : row.owner,
    deviceId: row.device_id,
    validUntilMs: row.valid_until_ms,
    refreshTokenId: row.refresh_token_id,
    used: row.used === 1,
    isGuest: row.is_guest === 1,
    shadowBanned: row.shadow_banned === 1,
    suspended: row.suspended === 1,
    locked: row.locked === 1,
    appserviceId: row.appservice_id,
    expirationTs: row.expiration_ts,
    consentVersion: row.consent_version,
    ownerType: row.owner_type,
  }
}
