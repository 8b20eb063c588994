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
  await bulkSend(db, textsOf(insert), rows)
}

/** {@link bulkRun} without an answer: see {@link WriteHandle.send}. */
export async function bulkSend(
  db: WriteHandle,
  { one, many }: BulkStatement,
  rows: readonly SqlValue[][],
): Promise<void> {
  if (rows.length === 0) return
  if (db.dialect === 'sqlite') await db.runEach(one, rows)
  else await db.send(many, ...columnsOf(rows))
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
  return db.run(many, ...columnsOf(rows))
}

const exactTexts = new WeakMap<BulkStatement, string>()

/** Runs it for all `rows`, each of which has to change one row of the database: if not, the transaction fails with `otherwise`. */
export async function bulkChange(
  db: WriteHandle,
  statement: BulkStatement,
  { rows, otherwise }: { rows: readonly SqlValue[][]; otherwise: string },
): Promise<void> {
  if (rows.length === 0) return
  if (db.dialect === 'sqlite') {
    if ((await db.runEach(statement.one, rows)) !== rows.length) throw new Error(otherwise)
    return
  }
  let text = exactTexts.get(statement)
  if (text === undefined) {
    // Counted there, so that nobody waits for the count: a text that is no number is an error.
    text = `WITH changed AS (${statement.many} RETURNING 1)
      SELECT CASE WHEN COUNT(*) <> ? THEN CAST(CAST(? AS TEXT) || COUNT(*) AS BIGINT) END FROM changed`
    exactTexts.set(statement, text)
  }
  await db.send(text, ...columnsOf(rows), rows.length, `${otherwise}: changed `)
}

function columnsOf(rows: readonly SqlValue[][]): (string | number)[][] {
  return rows[0]!.map((_, i) => rows.map((row) => row[i] as string | number))
}
