import { backup, DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import { ConflictError } from '../errors.ts'
import { ShapedStatement } from './row-shape.ts'
import { checkStorable, toSqlite } from './sql-text.ts'
import { Checkpoints } from './sqlite-checkpoints.ts'
import { WriteAheadLog } from './sqlite-log.ts'
import type { Database, SqlValue, WriteHandle } from './types.ts'
import { sqliteUnavailable } from './unavailable.ts'

/** An administrator's own `UPDATE` from outside, or a checkpoint, may hold a lock for a moment. */
const BUSY_TIMEOUT_MS = 5_000
/** How long a transaction waits to begin while somebody outside writes. */
const BEGIN_TIMEOUT_MS = 30_000
const BEGIN_RETRY_MS = 10
const SQLITE_BUSY = 5
/** Of each of the two connections. The system keeps pages as well, in memory that is nobody's. */
const CACHE_KIB = 4_096
/** 80 MiB of the log: then `COMMIT` copies it itself, if `Checkpoints` has not. */
const LOG_PAGES = 20_000
/** Texts of statements that are kept ready: filters and orders of administrators make ever new ones. */
const MAX_STATEMENTS = 1_000
const UNIQUE_CODES = new Set([2067, 1555, 2579]) // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, _ROWID

/**
 * One connection with its prepared statements. `node:sqlite` answers at once; the promises only give both databases
 * the same shape.
 */
export class SqliteConnection implements WriteHandle {
  readonly dialect = 'sqlite'
  readonly raw: DatabaseSync
  /** How often a statement has run that may change accounts. */
  accountChanges = 0
  readonly #statements = new Map<string, ShapedStatement>()

  constructor(file: string) {
    this.raw = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    this.raw.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;
       PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`,
    )
  }

  statement(sql: string): ShapedStatement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = new ShapedStatement(this.raw.prepare(toSqlite(sql)), sql)
      // The one that was made first goes: it is made again when it is needed, and is then the newest.
      const [oldest] = this.#statements.size < MAX_STATEMENTS ? [] : this.#statements.keys()
      if (oldest !== undefined) this.#statements.delete(oldest)
      this.#statements.set(sql, statement)
    }
    if (statement.changesAccounts) this.accountChanges++
    return statement
  }

  async all<Row>(sql: string, ...params: SqlValue[]): Promise<Row[]> {
    try {
      const statement = this.statement(sql)
      return statement.rows(statement.raw.all(...bind(params))) as Row[]
    } catch (error) {
      throw translate(error)
    }
  }

  async get<Row>(sql: string, ...params: SqlValue[]): Promise<Row | undefined> {
    try {
      const statement = this.statement(sql)
      const values: unknown = statement.raw.get(...bind(params))
      return values === undefined ? undefined : (statement.row(values as SQLOutputValue[]) as Row)
    } catch (error) {
      throw translate(error)
    }
  }

  async run(sql: string, ...params: SqlValue[]): Promise<number> {
    try {
      return Number(this.statement(sql).raw.run(...bind(params)).changes)
    } catch (error) {
      throw translate(error)
    }
  }

  async send(sql: string, ...params: SqlValue[]): Promise<void> {
    try {
      this.statement(sql).raw.run(...bind(params))
    } catch (error) {
      throw translate(error)
    }
  }

  async runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    try {
      const { raw } = this.statement(sql)
      let changed = 0
      for (const row of rows) {
        checkStorable(row)
        changed += raw.run(...(row as SQLInputValue[])).changes as number
      }
      return changed
    } catch (error) {
      throw translate(error)
    }
  }
}

function bind(params: readonly SqlValue[]): SQLInputValue[] {
  checkStorable(params)
  return params.map((value) => (Array.isArray(value) ? JSON.stringify(value) : (value as SQLInputValue)))
}

function isBusy(error: unknown): boolean {
  // The low byte is the error, what is above tells its cause.
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
}

function translate(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode
  if (code !== undefined && UNIQUE_CODES.has(code))
    return new ConflictError((error as Error).message, { cause: error })
  return sqliteUnavailable(error)
}

/**
 * SQLite in WAL mode, on two connections of this thread: reads see only what is committed, whatever a transaction in
 * progress has written. Transactions must not overlap: the write queue runs them one after another.
 *
 * A commit writes to the log and does not flush it (`synchronous = NORMAL` flushes at checkpoints only); the flush comes
 * after it, on a thread of its own, and with it the transaction resolves. As `FULL` does, but the event loop is free.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite'
  readonly reader: SqliteConnection
  readonly writer: SqliteConnection
  readonly #file: string
  readonly #log: WriteAheadLog
  readonly #checkpoints: Checkpoints
  /** Rows its transactions have changed. */
  #changes = 0
  #unflushed: Promise<void> | undefined
  #accountsVersion = 0
  /** Of the writer's connection: it moves when another one has committed. */
  #dataVersion: number | undefined
  /** It was asked for in this turn already: a request is of one moment. */
  #versionIsOfThisTurn = false

  constructor(file: string) {
    this.#file = file
    this.#log = new WriteAheadLog(file)
    this.#checkpoints = new Checkpoints(file)
    this.writer = new SqliteConnection(file)
    this.reader = new SqliteConnection(file)
    this.reader.raw.exec('PRAGMA query_only = ON')
    // Waiting in SQLite stops the whole thread; a transaction that cannot begin yet waits here, in `#begin`.
    this.writer.raw.exec('PRAGMA busy_timeout = 0')
  }

  async #begin(): Promise<void> {
    const giveUpMs = performance.now() + BEGIN_TIMEOUT_MS
    for (;;) {
      try {
        this.writer.raw.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpMs) throw sqliteUnavailable(error)
      }
      await new Promise((resolve) => setTimeout(resolve, BEGIN_RETRY_MS))
    }
  }

  get unflushed(): Promise<void> | undefined {
    return this.#unflushed
  }

  readonly #endTurn = () => {
    this.#versionIsOfThisTurn = false
  }

  accountsVersion(): number | undefined {
    if (this.#versionIsOfThisTurn) return this.#accountsVersion
    try {
      const [version] = this.writer.statement('PRAGMA data_version').raw.get() as unknown as [number]
      if (version !== this.#dataVersion) {
        this.#dataVersion = version
        this.#accountsVersion++
      }
      this.#versionIsOfThisTurn = true
      queueMicrotask(this.#endTurn)
      return this.#accountsVersion
    } catch {
      return undefined // what is asked next tells why
    }
  }

  async transaction<T>(work: (db: WriteHandle) => Promise<T>): Promise<T> {
    this.#log.checkSound()
    await this.#begin()
    const { accountChanges } = this.writer
    let result: T
    try {
      result = await work(this.writer)
      this.writer.raw.exec('COMMIT')
    } catch (error) {
      if (this.writer.raw.isTransaction) this.writer.raw.exec('ROLLBACK')
      throw sqliteUnavailable(error)
    } finally {
      // In the same turn as the commit: nobody can have read what it wrote before.
      if (this.writer.accountChanges !== accountChanges) this.#accountsVersion++
      this.#versionIsOfThisTurn = false
    }
    this.#unflushed = this.#log.flush()
    try {
      await this.#unflushed
    } finally {
      this.#unflushed = undefined
    }
    this.#noteChanges()
    return result
  }

  #noteChanges(): void {
    const [changes] = this.writer.statement('SELECT total_changes()').raw.get() as unknown as [number]
    this.#checkpoints.committed(changes - this.#changes)
    this.#changes = changes
  }

  async backup(file: string, onProgress?: (done: number, total: number) => void): Promise<void> {
    // A connection of its own in a read transaction: the copy is of this moment. Otherwise each commit meanwhile
    // would make the copying begin anew, and on a busy server it would never end.
    const source = new SqliteConnection(this.#file)
    try {
      source.raw.exec('BEGIN')
      await source.get('SELECT COUNT(*) FROM sqlite_schema')
      await backup(source.raw, file, {
        progress: ({ totalPages, remainingPages }) => onProgress?.(totalPages - remainingPages, totalPages),
      })
    } finally {
      source.raw.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checkpoints.close()
    this.reader.raw.close()
    this.writer.raw.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.writer.raw.close()
    this.#log.close()
  }
}
