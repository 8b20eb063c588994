import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../db/types.ts'

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
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async set(userId: UserId, feature: string, enabled: boolean): Promise<void> {
    await this.#db.run(
      `INSERT INTO experimental_features (user_id, feature, enabled) VALUES (?, ?, ?)
       ON CONFLICT (user_id, feature) DO UPDATE SET enabled = excluded.enabled`,
      userId,
      feature,
      enabled ? 1 : 0,
    )
  }
}
