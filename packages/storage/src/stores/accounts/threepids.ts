import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

export interface Threepid {
  medium: string
  /** As compared: lower case for email. */
  address: string
  validatedTs: number
  addedTs: number
}

/** An account's identity at an external provider (single sign-on). */
export interface ExternalId {
  authProvider: string
  externalId: string
}

/** Email addresses, phone numbers and external identities. Each belongs to at most one account. */
export class ThreepidReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async list(userId: string): Promise<Threepid[]> {
    const rows = await this.db.all<{
      medium: string
      address: string
      validated_at: number
      added_at: number
    }>(
      'SELECT medium, address, validated_at, added_at FROM user_threepids WHERE user_id = ? ORDER BY medium, address',
      userId,
    )
    return rows.map((row) => ({
      medium: row.medium,
      address: row.address,
      validatedTs: row.validated_at,
      addedTs: row.added_at,
    }))
  }

  async findOwner(medium: string, address: string): Promise<UserId | undefined> {
    const row = await this.db.get<{ user_id: UserId }>(
      'SELECT user_id FROM user_threepids WHERE medium = ? AND address = ?',
      medium,
      address,
    )
    return row?.user_id
  }

  async listExternalIds(userId: string): Promise<ExternalId[]> {
    const rows = await this.db.all<{ auth_provider: string; external_id: string }>(
      `SELECT auth_provider, external_id FROM user_external_ids WHERE user_id = ?
       ORDER BY auth_provider, external_id`,
      userId,
    )
    return rows.map((row) => ({ authProvider: row.auth_provider, externalId: row.external_id }))
  }

  async findExternalOwner(authProvider: string, externalId: string): Promise<UserId | undefined> {
    const row = await this.db.get<{ user_id: UserId }>(
      'SELECT user_id FROM user_external_ids WHERE auth_provider = ? AND external_id = ?',
      authProvider,
      externalId,
    )
    return row?.user_id
  }
}

export class ThreepidWriter extends ThreepidReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /**
   * Gives the address to the account, whoever had it. Times stay when it is the account's already. `validatedTs` is when
   * its owner has proven it; an administrator's word counts at once.
   */
  async put(
    userId: UserId,
    medium: string,
    address: string,
    nowMs: number,
    validatedTs: number = nowMs,
  ): Promise<void> {
    const before = this.#audit.isRecording ? await this.findOwner(medium, address) : undefined
    const changed = await this.#db.run(
      `INSERT INTO user_threepids (medium, address, user_id, validated_at, added_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (medium, address) DO UPDATE SET user_id = excluded.user_id,
         validated_at = excluded.validated_at, added_at = excluded.added_at
       WHERE user_threepids.user_id != excluded.user_id`,
      medium,
      address,
      userId,
      validatedTs,
      nowMs,
    )
    if (changed > 0)
      this.#audit.updated(
        'threepid',
        `${medium} ${address}`,
        { user_id: before ?? null },
        { user_id: userId },
      )
  }

  async delete(userId: UserId, medium: string, address: string): Promise<boolean> {
    const deleted = await this.#db.run(
      'DELETE FROM user_threepids WHERE medium = ? AND address = ? AND user_id = ?',
      medium,
      address,
      userId,
    )
    if (deleted === 1)
      this.#audit.changed({ kind: 'threepid', id: `${medium} ${address}`, before: { user_id: userId } })
    return deleted === 1
  }

  async deleteAll(userId: UserId): Promise<void> {
    if (this.#audit.isRecording)
      for (const { medium, address } of await this.list(userId))
        this.#audit.changed({ kind: 'threepid', id: `${medium} ${address}`, before: { user_id: userId } })
    await this.#db.send('DELETE FROM user_threepids WHERE user_id = ?', userId)
  }

  /** False, and nothing written, if another account has it. */
  async addExternalId(userId: UserId, { authProvider, externalId }: ExternalId): Promise<boolean> {
    const added = await this.#db.run(
      `INSERT INTO user_external_ids (auth_provider, external_id, user_id) VALUES (?, ?, ?)
       ON CONFLICT (auth_provider, external_id) DO NOTHING`,
      authProvider,
      externalId,
      userId,
    )
    if (added === 1)
      this.#audit.changed({
        kind: 'external_id',
        id: `${authProvider} ${externalId}`,
        after: { user_id: userId },
      })
    return (await this.findExternalOwner(authProvider, externalId)) === userId
  }

  async deleteExternalIds(userId: UserId): Promise<void> {
    if (this.#audit.isRecording)
      for (const { authProvider, externalId } of await this.listExternalIds(userId))
        this.#audit.changed({
          kind: 'external_id',
          id: `${authProvider} ${externalId}`,
          before: { user_id: userId },
        })
    await this.#db.send('DELETE FROM user_external_ids WHERE user_id = ?', userId)
  }
}
