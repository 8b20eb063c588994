import { StorageUnavailableError } from '../errors.ts'

/** SQLITE_BUSY, _READONLY, _IOERR, _FULL, _CANTOPEN, and _PROTOCOL (locks of others that do not go away). */
const SQLITE_CODES = new Set([5, 8, 10, 13, 14, 15])

/** A SQLite error that says nothing against what was asked, as one that says so; others as they are. */
export function sqliteUnavailable(error: unknown): unknown {
  const code = (error as { errcode?: unknown }).errcode
  // The low byte is the error, what is above tells its cause.
  return typeof code === 'number' && SQLITE_CODES.has(code % 256) ? unavailable(error as Error) : error
}

/**
 * Classes of SQLSTATE: connection exceptions, insufficient resources (a full disk, too many connections), operator
 * intervention (stopping, starting, a query that was cancelled), errors of the system. And a server that only reads.
 */
const POSTGRES_CODES = /^(08|53|57|58)|^25006$/
const NETWORK_CODES =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOENT|EMFILE|ENFILE)$/
/** What `pg` says without a code. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** The same for an error of PostgreSQL, of `pg`, or of the connection. */
export function postgresUnavailable(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code } = error as { code?: unknown }
  const isOne =
    typeof code === 'string'
      ? POSTGRES_CODES.test(code) || NETWORK_CODES.test(code)
      : LOST_CONNECTION.test(error.message)
  return isOne ? unavailable(error) : error
}

function unavailable(cause: Error): StorageUnavailableError {
  return new StorageUnavailableError(`the database is not available: ${cause.message}`, { cause })
}
