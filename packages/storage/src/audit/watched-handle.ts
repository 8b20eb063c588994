import type { SqlValue, WriteHandle } from '../db/types.ts'
import type { ActionNotes } from './notes.ts'

/** The handle of a transaction that is part of an action: sees whether anything is written through it. */
export class WatchedHandle implements WriteHandle {
  readonly dialect: WriteHandle['dialect']
  readonly #db: WriteHandle
  readonly #notes: ActionNotes

  constructor(db: WriteHandle, notes: ActionNotes) {
    this.dialect = db.dialect
    this.#db = db
    this.#notes = notes
  }

  async all<Row>(sql: string, ...params: SqlValue[]): Promise<Row[]> {
    const rows = await this.#db.all<Row>(sql, ...params)
    if (rows.length > 0) this.#look(sql)
    return rows
  }

  async get<Row>(sql: string, ...params: SqlValue[]): Promise<Row | undefined> {
    const row = await this.#db.get<Row>(sql, ...params)
    if (row !== undefined) this.#look(sql)
    return row
  }

  async run(sql: string, ...params: SqlValue[]): Promise<number> {
    return this.#note(sql, await this.#db.run(sql, ...params))
  }

  /** Waits: whether it changed anything is what has to be known. */
  async send(sql: string, ...params: SqlValue[]): Promise<void> {
    await this.run(sql, ...params)
  }

  async runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return this.#note(sql, await this.#db.runEach(sql, rows))
  }

  #note(sql: string, changed: number): number {
    // Stores take the counter of a stream to keep other processes out; that it stays as it is changes nothing.
    if (changed > 0 && !sql.startsWith('UPDATE streams ')) this.#notes.hasWritten = true
    return changed
  }

  /** Rows come from a statement that writes (`… RETURNING`) as well. */
  #look(sql: string): void {
    if (!/^\s*SELECT\b/i.test(sql)) this.#notes.hasWritten = true
  }
}
