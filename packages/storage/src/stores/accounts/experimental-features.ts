import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Unfinished features that an administrator has turned on or off for single accounts. */
export class ExperimentalFeatureReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** Only what was set for the account. */
  async list(userId: string): Promise<{ feature: string; enabled: boolean }[]> {
    const rows = await this.db.all<{ feature: string; enabled: number }>(
      'SELECT feature, enabled FROM experimental_features WHERE user_id = ? ORDER BY feature',
      userId,
    )
    return rows.map(({ feature, enabled }) => ({ feature, enabled: enabled === 1 }))
  }
}

export class ExperimentalFeatureWriter extends ExperimentalFeatureReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  async set(userId: UserId, feature: string, enabled: boolean): Promise<void> {
    if (this.#audit.isRecording) {
      const before = (await this.list(userId)).find((each) => each.feature === feature)?.enabled ?? false
      this.#audit.updated('experimental_feature', userId, { [feature]: before }, { [feature]: enabled })
    }
    await this.#db.send(
      `INSERT INTO experimental_features (user_id, feature, enabled) VALUES (?, ?, ?)
       ON CONFLICT (user_id, feature) DO UPDATE SET enabled = excluded.enabled`,
      userId,
      feature,
      enabled ? 1 : 0,
    )
  }
}
