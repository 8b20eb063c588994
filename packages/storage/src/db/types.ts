/** A value a statement may be given. Booleans are written as 0/1; a list binds to `= ANY(?)`. */
export type SqlValue = string | number | bigint | null | Uint8Array | readonly (string | number)[]

export type Dialect = 'sqlite' | 'postgres'

/**
 * Reads. SQL is written once for both databases, in the part of PostgreSQL's language SQLite shares, with these rules:
 * - placeholders are `?`
 * - a list parameter is only used as `= ANY(?)` or `!= ALL(?)`
 * - truth values are 0 and 1 in BIGINT columns, times are milliseconds
 */
export interface ReadHandle {
  readonly dialect: Dialect
  /** A statement is a round trip: see `gather.ts`. */
  readonly gathers?: boolean
  /** Every row of the answer. */
  all<Row>(sql: string, ...params: SqlValue[]): Promise<Row[]>
  /** The first row, `undefined` if there is none. */
  get<Row>(sql: string, ...params: SqlValue[]): Promise<Row | undefined>
}

/** Reads that see the transaction's own writes, and writes. */
export interface WriteHandle extends ReadHandle {
  /** Runs a statement; the number of rows it changed. */
  run(sql: string, ...params: SqlValue[]): Promise<number>
  /**
   * Runs a statement of which nothing is asked. Where statements are a round trip it resolves before there is an answer:
   * what is asked later sees what it did, and if it fails, then so does what is asked later, or the commit, with its error.
   */
  send(sql: string, ...params: SqlValue[]): Promise<void>
  /** Runs a statement for each of `rows`, none of which holds a list; the number of rows it changed. See `bulk.ts`. */
  runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number>
  /** A statement has failed, and the transaction with it: whatever the commit said, nothing was committed. */
  readonly hasFailed?: boolean
}

/** One database: a handle for reads of what is committed, and a way to run one write transaction at a time. */
export interface Database extends AsyncDisposable {
  readonly dialect: Dialect
  readonly reader: ReadHandle
  /**
   * What readers see and a power cut could still undo: resolves when it cannot any more, `undefined` when there is
   * nothing of the kind. Who tells the world of what was read waits for it.
   */
  readonly unflushed: Promise<void> | undefined
  /**
   * Begins a transaction, runs `work`, commits; rolls back and rethrows when `work` or the commit fails. Resolves when
   * it is on disk.
   */
  transaction<T>(work: (db: WriteHandle) => Promise<T>): Promise<T>
  /**
   * Of the turn of the event loop in which it is asked for: a number that moves whenever accounts, their addresses or their
   * external identities may have changed, whoever changed them. What was read of them since it was asked for holds for as
   * long as it stays. It takes SQLite a microsecond. `undefined`: it is not known now. Absent where it would take a question
   * to another process.
   */
  accountsVersion?(): number | undefined
  /** A consistent copy into `file` while the database is in use. SQLite only. */
  backup?(file: string, onProgress?: (done: number, total: number) => void): Promise<void>
}
