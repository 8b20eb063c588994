import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Json } from '@ranvier/protocol/json'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

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
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  async put(userId: UserId, field: string, value: string): Promise<void> {
    await this.#note(userId, field, value)
    await this.#db.send(
      `INSERT INTO profile_fields (user_id, field, value) VALUES (?, ?, ?)
       ON CONFLICT (user_id, field) DO UPDATE SET value = excluded.value`,
      userId,
      field,
      value,
    )
  }

  async delete(userId: UserId, field: string): Promise<void> {
    await this.#note(userId, field, 'null')
    await this.#db.send('DELETE FROM profile_fields WHERE user_id = ? AND field = ?', userId, field)
  }

  async deleteAll(userId: UserId): Promise<void> {
    if (this.#audit.isRecording)
      for (const { field } of await this.list(userId)) await this.#note(userId, field, 'null')
    await this.#db.send('DELETE FROM profile_fields WHERE user_id = ?', userId)
  }

  /** `value` is JSON. */
  async #note(userId: UserId, field: string, value: string): Promise<void> {
    if (!this.#audit.isRecording) return
    const before = (await this.find(userId, field)) ?? 'null'
    const parse = (text: string) => JSON.parse(text) as Json // written as JSON
    this.#audit.updated('profile', userId, { [field]: parse(before) }, { [field]: parse(value) })
  }
}
