import type { SqlValue, WriteHandle } from './types.ts'

type ColumnType = 'bigint' | 'text' | 'bytea'

/** An insert of many rows: one prepared statement per row on SQLite, one statement in all on PostgreSQL. */
export interface BulkInsert {
  readonly table: string
  readonly columns: Readonly<Record<string, ColumnType>>
  /** `ON CONFLICT …`, in terms of `excluded`. */
  readonly conflict?: string
}

/** A statement for many rows, in both databases' words: `one` takes the values of a row, `many` lists of them, a list for each column. */
export interface BulkStatement {
  readonly one: string
  readonly many: string
}

const texts = new WeakMap<BulkInsert, BulkStatement>()

function textsOf(insert: BulkInsert): BulkStatement {
  let known = texts.get(insert)
  if (known === undefined) {
    const names = Object.keys(insert.columns)
    const head = `INSERT INTO ${insert.table} (${names.join(', ')})`
    const tail = insert.conflict ?? ''
    const arrays = Object.values(insert.columns).map((type) => `?::${type}[]`)
    known = {
      one: `${head} VALUES (${names.map(() => '?').join(', ')}) ${tail}`,
      many: `${head} SELECT * FROM unnest(${arrays.join(', ')}) ${tail}`,
    }
    texts.set(insert, known)
  }
  return known
}

/**
 * Inserts `rows`, each a list of values in the order of `insert.columns`. With a conflict clause no two rows may have
 * the same key: PostgreSQL refuses to touch a row twice in one statement.
 */
export async function bulkInsert(
  db: WriteHandle,
  insert: BulkInsert,
  rows: readonly SqlValue[][],
): Promise<void> {
  await bulkRun(db, textsOf(insert), rows)
}

/**
 * Runs it for all `rows`: one after another on SQLite, at once on PostgreSQL. No two rows may be about the same thing.
 * How many rows of the database it changed.
 */
export async function bulkRun(
  db: WriteHandle,
  { one, many }: BulkStatement,
  rows: readonly SqlValue[][],
): Promise<number> {
  if (rows.length === 0) return 0
  if (db.dialect === 'sqlite') return db.runEach(one, rows)
  return db.run(many, ...rows[0]!.map((_, i) => rows.map((row) => row[i] as string | number)))
}
