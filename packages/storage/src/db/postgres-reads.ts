import pg from 'pg'
import type { PostgresConnections } from './postgres-connections.ts'

/** So many go over one connection, one after the other: those that come last wait for the others. */
const AT_ONCE = 16
/** What has taken longer than this the last time has a connection to itself. */
const QUICK_MS = 10

/** A read, and what is known of its statement. */
export interface Read extends pg.QueryConfig {
  known: Known
}

/** How long a statement took the last time; `undefined` before. */
export interface Known {
  tookMs: number | undefined
}

interface Asked {
  read: Read
  resolve: (result: pg.QueryResult) => void
  reject: (error: unknown) => void
}

/**
 * Reads go out together with the others of their turn of the event loop, over one connection, in one packet, and their answers
 * come back in one: whoever is busy pays for a packet, and for a process that wakes up, more than for most answers. What is not
 * known to be quick goes alone, so that nobody waits for it.
 */
export class PostgresReads {
  readonly #connections: Pick<PostgresConnections, 'reader'>
  #waiting: Asked[] = []

  constructor(connections: Pick<PostgresConnections, 'reader'>) {
    this.#connections = connections
  }

  query(read: Read): Promise<pg.QueryResult> {
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
    const { tookMs } = read.known
    const asked = { read, resolve, reject }
    if (tookMs === undefined || tookMs > QUICK_MS) void this.#send([asked])
    else {
      // After all requests that have come by now.
      if (this.#waiting.push(asked) === 1) setImmediate(() => this.#sendWaiting())
    }
    return promise
  }

  #sendWaiting(): void {
    const all = this.#waiting
    this.#waiting = []
    for (let i = 0; i < all.length; i += AT_ONCE) void this.#send(all.slice(i, i + AT_ONCE))
  }

  async #send(all: readonly Asked[]): Promise<void> {
    let client: pg.PoolClient
    try {
      client = await this.#connections.reader()
    } catch (error) {
      for (const { reject } of all) reject(error)
      return
    }
    let unanswered = all.length
    let broken: Error | undefined
    let atMs = performance.now()
    const onAnswer = ({ read, resolve, reject }: Asked, error: Error | null, result: pg.QueryResult) => {
      const nowMs = performance.now()
      read.known.tookMs = nowMs - atMs
      atMs = nowMs
      if (error !== null && !isOfOneQuery(error)) broken = error
      // Whoever asks next finds the connection free.
      if (--unanswered === 0) client.release(broken)
      if (error === null) resolve(result)
      else reject(error)
    }
    const { stream } = client.connection
    stream.cork()
    for (const asked of all) client.query(asked.read, (error, result) => onAnswer(asked, error, result))
    stream.uncork()
  }
}

/** Whether it is the answer to a statement: the connection goes on after it. */
export function isOfOneQuery(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}
