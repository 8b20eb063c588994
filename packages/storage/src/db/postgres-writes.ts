import type pg from 'pg'
import { isOfOneQuery } from './postgres-reads.ts'

/** The name under which connections know BEGIN. */
const BEGIN = 'begin'
const NOT_BEGUN = 'the transaction has not begun'
/** What breaks a constraint was being done: it was known, and what went before it was done. */
const CONSTRAINT_VIOLATIONS = '23'
const knowBegin = new WeakSet<pg.Client>()

interface Sent {
  statement: pg.QueryConfig
  /** `undefined` when it, or one before it, has failed. */
  onAnswer: (result: pg.QueryResult | undefined) => void
}

/**
 * The statements of one transaction. They go out with the others of their turn of the event loop, in one packet, and are
 * done one after another. Once one has failed, PostgreSQL does none of those behind it: whoever waits for one of them, or for
 * the commit, is told of the first that failed.
 */
export class PostgresWrites {
  readonly #client: pg.PoolClient
  readonly #translate: (error: unknown) => unknown
  #stage: 'new' | 'beginning' | 'begun' | 'never begun' = 'new'
  readonly #beginning = Promise.withResolvers<void>()
  /** Wait until it is begun. */
  readonly #held: Sent[] = []
  #isCorked = false
  #isOver = false
  #failure: { error: unknown; isAnswer: boolean; code?: string } | undefined

  /** `translate`: what of the driver's errors becomes of ours. */
  constructor(client: pg.PoolClient, translate: (error: unknown) => unknown) {
    this.#client = client
    this.#translate = translate
  }

  /** PostgreSQL has said that one failed. Of one whose answer was lost it is not known. */
  get hasFailed(): boolean {
    return this.#failure?.isAnswer === true
  }

  query(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>()
    if (this.#isOver) reject(new Error('the transaction is over'))
    else
      this.#send(statement, (result) => {
        // A savepoint: what failed behind it has not been.
        if (result?.command === 'ROLLBACK') this.#failure = undefined
        if (result !== undefined) resolve(result)
        else reject(this.#failure!.error)
      })
    return promise
  }

  /** Does not wait for the answer. */
  send(statement: pg.QueryConfig): void {
    if (this.#isOver) throw new Error('the transaction is over')
    this.#send(statement, () => {})
  }

  /** Goes out with what was sent last: behind a statement that failed PostgreSQL answers with ROLLBACK, and no error. */
  async commit(): Promise<void> {
    this.#isOver = true
    if (this.#stage === 'new') return
    await this.#beginning.promise
    this.#throwFailure()
    this.#cork()
    try {
      const { command } = await this.#client.query('COMMIT')
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back')
    } catch (error) {
      this.#throwFailure()
      throw error
    }
  }

  /** Resolves behind the answers of all that was sent. Rejects when the connection is of no use any more. */
  async rollback(): Promise<void> {
    this.#isOver = true
    if (this.#stage === 'new') return
    await this.#beginning.promise
    const hasBegun = this.#stage === 'begun' || this.#failure?.code?.startsWith(CONSTRAINT_VIOLATIONS)
    await this.#client.query('ROLLBACK')
    // Whether BEGIN has failed or what went with it is not known, nor what the driver believes to be prepared.
    if (!hasBegun) throw new Error(NOT_BEGUN)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #send(statement: pg.QueryConfig, onAnswer: Sent['onAnswer']): void {
    if (this.#stage === 'never begun') onAnswer(undefined)
    else if (this.#stage === 'new') this.#begin({ statement, onAnswer })
    else if (this.#stage === 'begun' || (this.#held.length === 0 && isRead(statement)))
      this.#put({ statement, onAnswer })
    else this.#held.push({ statement, onAnswer })
  }

  #put({ statement, onAnswer }: Sent): void {
    this.#cork()
    this.#client.query(statement, (error: Error | null, result: pg.QueryResult) => {
      if (error !== null) {
        const { code = '' } = error as { code?: string }
        this.#failure ??= { error: this.#translate(error), isAnswer: isOfOneQuery(error), code }
      }
      onAnswer(error === null ? result : undefined)
    })
  }

  /**
   * BEGIN goes with the first statement, up to one Sync: when it fails, PostgreSQL passes over that as well. What comes
   * behind would be done, and kept, by itself: unless it only reads, it waits for the answer.
   */
  #begin({ statement, onAnswer }: Sent): void {
    this.#stage = 'beginning'
    this.#cork()
    const { connection } = this.#client
    if (!knowBegin.has(this.#client)) connection.parse({ name: BEGIN, text: 'BEGIN', types: [] }, false)
    knowBegin.add(this.#client)
    connection.bind({ statement: BEGIN }, false)
    connection.execute({}, false)
    this.#put({
      statement,
      onAnswer: (both) => {
        // The driver takes it for one query of two statements.
        const [begin, result] = (both ?? []) as unknown as (pg.QueryResult | undefined)[]
        const hasBegun = begin?.command === 'BEGIN'
        this.#stage = hasBegun ? 'begun' : 'never begun'
        if (!hasBegun) this.#failure ??= { error: new Error(NOT_BEGUN), isAnswer: false }
        onAnswer(result)
        for (const sent of this.#held.splice(0)) {
          if (hasBegun) this.#put(sent)
          else sent.onAnswer(undefined)
        }
        this.#beginning.resolve()
      },
    })
  }

  /** Until all is done that goes on without waiting for anything. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    const { stream } = this.#client.connection
    stream.cork()
    const uncork = () => {
      this.#isCorked = false
      stream.uncork()
    }
    // Ticks come before what an answer lets go on, and behind what that lets go on in turn.
    queueMicrotask(() => process.nextTick(uncork))
  }
}

function isRead({ text }: pg.QueryConfig): boolean {
  return text?.trimStart().startsWith('SELECT') === true
}
