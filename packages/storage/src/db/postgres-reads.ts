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

type Waiting = Pick<PromiseWithResolvers<pg.QueryResult>, 'resolve' | 'reject'>

interface Asked {
  read: Read
  /** Who waits for the answer. */
  by: Waiting[]
}

/**
 * Reads go out together with the others of their turn of the event loop, over one connection, in one packet, and their answers
 * come back in one: whoever is busy pays for a packet, and for a process that wakes up, more than for most answers. What is not
 * known to be quick goes alone, so that nobody waits for it. What several ask in one turn, such as whether an administrator still
 * is one, is asked once: the statement leaves after all of them have come.
 */
export class PostgresReads {
  readonly #connections: Pick<PostgresConnections, 'reader'>
  #waiting: Asked[] = []
  /** What was asked last with each statement, among those that wait: to look at all of them would take the longer the more there are. */
  #lastWith = new Map<Known, Asked>()

  constructor(connections: Pick<PostgresConnections, 'reader'>) {
    this.#connections = connections
  }

  query(read: Read): Promise<pg.QueryResult> {
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
    const asked = { read, by: [{ resolve, reject }] }
    const { tookMs } = read.known
    if (tookMs === undefined || tookMs > QUICK_MS) void this.#send([asked])
    else {
      const last = this.#lastWith.get(read.known)
      if (last !== undefined && hasSameValues(last.read, read)) last.by.push(...asked.by)
      else {
        this.#lastWith.set(read.known, asked)
        // After all requests that have come by now.
        if (this.#waiting.push(asked) === 1) setImmediate(() => this.#sendWaiting())
      }
    }
    return promise
  }

  #sendWaiting(): void {
    const all = this.#waiting
    this.#waiting = []
    // A map that is cleared keeps a way from what it held to what it will hold: what is old then makes all that comes old.
    this.#lastWith = new Map()
    for (let i = 0; i < all.length; i += AT_ONCE) void this.#send(all.slice(i, i + AT_ONCE))
  }

  async #send(all: readonly Asked[]): Promise<void> {
    let client: pg.PoolClient
    try {
      client = await this.#connections.reader()
    } catch (error) {
      for (const asked of all) answer(asked, error)
      return
    }
    let unanswered = all.length
    let broken: Error | undefined
    let atMs = performance.now()
    const onAnswer = (asked: Asked, error: Error | null, result: pg.QueryResult) => {
      const nowMs = performance.now()
      asked.read.known.tookMs = nowMs - atMs
      atMs = nowMs
      if (error !== null && !isOfOneQuery(error)) broken = error
      // Whoever asks next finds the connection free.
      if (--unanswered === 0) client.release(broken)
      answer(asked, error, result)
    }
    const { stream } = client.connection
    stream.cork()
    for (const asked of all) client.query(asked.read, (error, result) => onAnswer(asked, error, result))
    stream.uncork()
  }
}

function hasSameValues(a: Read, b: Read): boolean {
  return (b.values ?? []).every((value, i) => value === a.values?.[i])
}

function answer({ by }: Asked, error: unknown, result?: pg.QueryResult): void {
  for (const [i, { resolve, reject }] of by.entries()) {
    if (result === undefined || error !== null) reject(error)
    else resolve(i === 0 ? result : ownCopy(result))
  }
}

/** Whoever asked may do with the rows what it likes. */
function ownCopy(result: pg.QueryResult): pg.QueryResult {
  return { ...result, rows: result.rows.map((row) => ({ ...row })) }
}

/** Whether it is the answer to a statement: the connection goes on after it. */
export function isOfOneQuery(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}
