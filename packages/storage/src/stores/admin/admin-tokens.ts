import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** A token with which scripts of an administrator make some calls of the admin API. */
export interface AdminToken {
  id: number
  userId: UserId
  name: string
  scopes: string[]
  /** The token it was made with: it ends with that. */
  parentId: number | null
  createdTs: number
  /** null: never. */
  expiresTs: number | null
  lastUsedTs: number | null
  lastUsedIp: string | null
  /** Why it does not work any more; null: it was not ended, though it may have expired. */
  ended: 'revoked' | 'owner' | null
}

/** A token with what its owner is now. */
export interface AdminTokenHolder extends AdminToken {
  ownerIsAdmin: boolean
  ownerIsShut: boolean
  shadowBanned: boolean
  suspended: boolean
}

interface TokenRow {
  id: number
  user_id: UserId
  name: string
  scopes: string
  parent_id: number | null
  created_ts: number
  expires_ts: number | null
  last_used_ts: number | null
  last_used_ip: string | null
  ended: AdminToken['ended']
}
const COLUMNS = [
  'id',
  'user_id',
  'name',
  'scopes',
  'parent_id',
  'created_ts',
  'expires_ts',
  'last_used_ts',
  'last_used_ip',
  'ended',
]
  .map((column) => `t.${column}`)
  .join(', ')

export class AdminTokenReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async findHolder(tokenHash: string): Promise<AdminTokenHolder | undefined> {
    const row = await this.db.get<
      TokenRow & Record<'admin' | 'locked' | 'deactivated' | 'shadow_banned' | 'suspended', number>
    >(
      `SELECT ${COLUMNS}, u.admin, u.locked, u.deactivated, u.shadow_banned, u.suspended
       FROM admin_tokens t JOIN users u ON u.name = t.user_id WHERE t.token_hash = ?`,
      tokenHash,
    )
    return (
      row && {
        ...toToken(row),
        ownerIsAdmin: row.admin === 1,
        ownerIsShut: row.locked === 1 || row.deactivated === 1,
        shadowBanned: row.shadow_banned === 1,
        suspended: row.suspended === 1,
      }
    )
  }

  async find(id: number): Promise<AdminToken | undefined> {
    const row = await this.db.get<TokenRow>(`SELECT ${COLUMNS} FROM admin_tokens t WHERE t.id = ?`, id)
    return row && toToken(row)
  }

  /** In the order they were made, behind the one with the id `after`. */
  async list(
    userId: string | undefined,
    { after, limit }: { after: number; limit: number },
  ): Promise<AdminToken[]> {
    const rows = await (userId === undefined
      ? this.db.all<TokenRow>(
          `SELECT ${COLUMNS} FROM admin_tokens t WHERE t.id > ? ORDER BY t.id LIMIT ?`,
          after,
          limit,
        )
      : this.db.all<TokenRow>(
          `SELECT ${COLUMNS} FROM admin_tokens t WHERE t.user_id = ? AND t.id > ? ORDER BY t.id LIMIT ?`,
          userId,
          after,
          limit,
        ))
    return rows.map(toToken)
  }
}

export class AdminTokenWriter extends AdminTokenReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** The token's id. `tokenHash` is the SHA-256 of the token, which is never stored. */
  async add(
    token: Pick<AdminToken, 'userId' | 'name' | 'scopes' | 'parentId' | 'createdTs' | 'expiresTs'>,
    tokenHash: string,
  ): Promise<number> {
    const { userId, name, scopes, parentId, createdTs, expiresTs } = token
    // Unique among all tokens, as those of sessions are.
    const id = await this.#tx.takePosition('accounts')
    this.#tx.announce({ stream: 'accounts', position: id, key: userId, change: 'token-added' })
    await this.#db.send(
      `INSERT INTO admin_tokens (id, token_hash, user_id, name, scopes, parent_id, created_ts, expires_ts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      tokenHash,
      userId,
      name,
      JSON.stringify(scopes),
      parentId,
      createdTs,
      expiresTs,
    )
    const after = { user_id: userId, name, scopes, expires_ts: expiresTs }
    this.#tx.audit.changed({ kind: 'admin_token', id: String(id), after })
    return id
  }

  async touch(id: number, ts: number, ip: string): Promise<void> {
    await this.#db.send('UPDATE admin_tokens SET last_used_ts = ?, last_used_ip = ? WHERE id = ?', ts, ip, id)
  }

  /** Ends a token and those made with it. False if it had ended, or there is none. */
  async revoke(id: number): Promise<boolean> {
    let ids = await this.#end('id = ANY(?)', [id], 'revoked')
    const hasEnded = ids.length > 0
    while (ids.length > 0) ids = await this.#end('parent_id = ANY(?)', ids, 'revoked')
    return hasEnded
  }

  /** Ends all tokens of somebody who is no administrator any more. */
  async endAllOf(userId: string): Promise<void> {
    await this.#end('user_id = ANY(?)', [userId], 'owner')
  }

  async #end(
    which: string,
    values: readonly (number | string)[],
    why: AdminToken['ended'],
  ): Promise<number[]> {
    const rows = await this.#db.all<{ id: number; name: string }>(
      `UPDATE admin_tokens SET ended = ? WHERE ${which} AND ended IS NULL RETURNING id, name`,
      why,
      values,
    )
    for (const { id, name } of rows)
      this.#tx.audit.changed({ kind: 'admin_token', id: String(id), before: { name }, after: { ended: why } })
    return rows.map((row) => row.id)
  }
}

function toToken(row: TokenRow): AdminToken {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as string[], // `add` wrote it
    parentId: row.parent_id,
    createdTs: row.created_ts,
    expiresTs: row.expires_ts,
    lastUsedTs: row.last_used_ts,
    lastUsedIp: row.last_used_ip,
    ended: row.ended,
  }
}
