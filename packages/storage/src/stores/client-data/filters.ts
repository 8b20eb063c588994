import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Filters that clients uploaded to name them by id. They never change. */
export class FilterReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** JSON text of the filter. */
  async find(userId: string, filterId: string): Promise<string | undefined> {
    const row = await this.db.get<{ definition: string }>(
      'SELECT definition FROM filters WHERE user_id = ? AND filter_id = ?',
      userId,
      filterId,
    )
    return row?.definition
  }
}

export class FilterWriter extends FilterReader {
  readonly #tx: { db: WriteHandle }
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#tx = tx
  }

  /** Keeps a filter under an id derived from it; keeping the same one again changes nothing. */
  async keep(userId: string, filterId: string, definition: string): Promise<void> {
    await this.#tx.db.send(
      'INSERT INTO filters (user_id, filter_id, definition) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      userId,
      filterId,
      definition,
    )
  }

  /** Deletes all the user's filters. */
  async deleteAll(userId: string): Promise<void> {
    await this.#tx.db.send('DELETE FROM filters WHERE user_id = ?', userId)
  }
}
