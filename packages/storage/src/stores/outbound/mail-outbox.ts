import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Mail that waits to be sent. What is in it is the server's business; here it is JSON text. */
export class MailOutboxReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The mail as it was put in; `undefined` when it has been sent or given up. */
  async find(id: string): Promise<string | undefined> {
    const row = await this.db.get<{ message: string }>('SELECT message FROM mail_outbox WHERE id = ?', id)
    return row?.message
  }
}

export class MailOutboxWriter extends MailOutboxReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async put(id: string, message: string, createdTs: number): Promise<void> {
    await this.#db.send(
      'INSERT INTO mail_outbox (id, message, created_ts) VALUES (?, ?, ?)',
      id,
      message,
      createdTs,
    )
  }

  async delete(id: string): Promise<void> {
    await this.#db.send('DELETE FROM mail_outbox WHERE id = ?', id)
  }

  /** Gives up at most `limit` mails from before `beforeTs`; how many. */
  async deleteBefore(beforeTs: number, limit: number): Promise<number> {
    return this.#db.run(
      'DELETE FROM mail_outbox WHERE id IN (SELECT id FROM mail_outbox WHERE created_ts < ? LIMIT ?)',
      beforeTs,
      limit,
    )
  }
}
