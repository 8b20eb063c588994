import pg from 'pg'
import { ConflictError } from '../errors.ts'
import { PostgresConnections } from './postgres-connections.ts'
import { type Known, PostgresReads, type Read } from './postgres-reads.ts'
import { PostgresWrites } from './postgres-writes.ts'
import { checkStorable, toPostgres } from './sql-text.ts'
import type { Database, ReadHandle, SqlValue, WriteHandle } from './types.ts'
import { postgresUnavailable } from './unavailable.ts'

const OID_INT8 = 20
const OID_NUMERIC = 1700
const UNIQUE_VIOLATION = '23505'

export interface PostgresOptions {
  /** Passed to `pg` as they are: host, port, user, password, database, ssl. */
  connection: pg.PoolConfig
  /** Connections for reads. One more is used for writes. */
  readers: number
}

/** Counts and times fit a double; they come back as numbers. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === OID_INT8 || oid === OID_NUMERIC) return Number
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  },
}

/** A statement with a name is planned once for each connection, and kept there as long as that lasts. */
interface Statement {
  name?: string
  text: string
  known: Known
}
const statements = new Map<string, Statement>()
/** Filters and orders of administrators make ever new texts: those that come later are planned each time. */
const MAX_STATEMENTS = 1_000

function statementOf(sql: string): Statement {
  let statement = statements.get(sql)
  if (statement === undefined) {
    if (statements.size >= MAX_STATEMENTS) return { text: toPostgres(sql), known: { tookMs: undefined } }
    statement = { name: `s${statements.size}`, text: toPostgres(sql), known: { tookMs: undefined } }
    statements.set(sql, statement)
  }
  return statement
}

/** The driver quotes each element of a list, which for thousands of numbers takes longer than many a statement. */
function bound(value: SqlValue): unknown {
  const isOfNumbers = Array.isArray(value) && value.every((one) => typeof one === 'number')
  return isOfNumbers ? `{${value.join()}}` : value
}

function translate(error: unknown): unknown {
  if ((error as { code?: string }).code === UNIQUE_VIOLATION)
    return new ConflictError((error as Error).message, { cause: error })
  return postgresUnavailable(error)
}

function bind(sql: string, params: readonly SqlValue[]): Read {
  checkStorable(params)
  return { ...statementOf(sql), values: params.map(bound) }
}

class PostgresReadHandle implements ReadHandle {
  readonly dialect = 'postgres'
  readonly gathers = true
  readonly #reads: PostgresReads
  constructor(reads: PostgresReads) {
    this.#reads = reads
  }

  async #query(sql: string, params: readonly SqlValue[]): Promise<pg.QueryResult> {
    const read = bind(sql, params)
    try {
      return await this.#reads.query(read)
    } catch (error) {
      throw translate(error)
    }
  }

  async all<Row>(sql: string, ...params: SqlValue[]): Promise<Row[]> {
    return (await this.#query(sql, params)).rows as Row[]
  }

  async get<Row>(sql: string, ...params: SqlValue[]): Promise<Row | undefined> {
    return (await this.#query(sql, params)).rows[0] as Row | undefined
  }
}

class PostgresWriteHandle implements WriteHandle {
  readonly dialect = 'postgres'
  readonly #writes: PostgresWrites
  constructor(writes: PostgresWrites) {
    this.#writes = writes
  }

  get hasFailed(): boolean {
    return this.#writes.hasFailed
  }

  async all<Row>(sql: string, ...params: SqlValue[]): Promise<Row[]> {
    return (await this.#writes.query(bind(sql, params))).rows as Row[]
  }

  async get<Row>(sql: string, ...params: SqlValue[]): Promise<Row | undefined> {
    return (await this.#writes.query(bind(sql, params))).rows[0] as Row | undefined
  }

  async run(sql: string, ...params: SqlValue[]): Promise<number> {
    return (await this.#writes.query(bind(sql, params))).rowCount ?? 0
  }

  async send(sql: string, ...params: SqlValue[]): Promise<void> {
    this.#writes.send(bind(sql, params))
  }

  async runEach(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    let changed = 0
    for (const row of rows) changed += await this.run(sql, ...row)
    return changed
  }
}

/** PostgreSQL: a pool for reads and one connection for this process's writes. Prepared plans live as long as it. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres'
  readonly reader: ReadHandle
  /** Nobody sees a commit before it is on disk. */
  readonly unflushed = undefined
  readonly #connections: PostgresConnections

  constructor(options: PostgresOptions, onError: (error: Error) => void) {
    this.#connections = new PostgresConnections({ ...options.connection, types }, options.readers, onError)
    this.reader = new PostgresReadHandle(new PostgresReads(this.#connections))
  }

  async transaction<T>(work: (db: WriteHandle) => Promise<T>): Promise<T> {
    const client = await this.#connections.writer().catch((error: unknown) => {
      throw postgresUnavailable(error)
    })
    const writes = new PostgresWrites(client, translate)
    let broken: Error | undefined
    try {
      const result = await work(new PostgresWriteHandle(writes))
      await writes.commit()
      return result
    } catch (error) {
      await writes.rollback().catch((failure: Error) => {
        broken = failure
      })
      throw postgresUnavailable(error)
    } finally {
      client.release(broken)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections.end()
  }
}
