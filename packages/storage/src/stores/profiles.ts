import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../db/types.ts'

/** Profile fields beside display name and avatar, which are part of the account. Values are JSON texts. */
export class ProfileReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async list(userId: string): Promise<{ field: string; value: string }[]> {
    return this.db.all('SELECT field, value FROM profile_fields WHERE user_id = ? ORDER BY field', userId)
  }

  async find(userId: string, field: string): Promise<string | undefined> {
    const row = await this.db.get<{ value: string }>(
      'SELECT value FROM profile_fields WHERE user_id = ? AND field = ?',
      userId,
      field,
    )
    return row?.value
  }
}

export class ProfileWriter extends ProfileReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async put(userId: UserId, field: string, value: string): Promise<void> {
    await this.#db.run(
      `INSERT INTO profile_fields (user_id, field, value) VALUES (?, ?, ?)
       ON CONFLICT (user_id, field) DO UPDATE SET value = excluded.value`,
      userId,
      field,
      value,
    )
  }

  async delete(userId: UserId, field: string): Promise<void> {
    await this.#db.run('DELETE FROM profile_fields WHERE user_id = ? AND field = ?', userId, field)
  }

  async deleteAll(userId: UserId): Promise<void> {
    await this.#db.run('DELETE FROM profile_fields WHERE user_id = ?', userId)
  }
}
