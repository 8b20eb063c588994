import type pg from 'pg'
import { isOfOneQuery } from './postgres-reads.ts'

/**
 * The statements of one transaction. They go out with the others of their turn of the event loop, in one packet, and are
 * done one after another. Once one has failed, PostgreSQL does none of those behind it: whoever waits for one of them, or for
 * the commit, is told of the first that failed.
 */
export class PostgresWrites {
  readonly #client: pg.PoolClient
  readonly #translate: (error: unknown) => unknown
  #isCorked = false
  #isOver = false
  #failure: { error: unknown; isAnswer: boolean } | undefined

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

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves behind the answers of all that was sent. */
  async rollback(): Promise<void> {
    this.#isOver = true
    await this.#client.query('ROLLBACK')
  }

  /** `onAnswer` is given `undefined` when it, or one before it, has failed. */
  #send(statement: pg.QueryConfig, onAnswer: (result: pg.QueryResult | undefined) => void): void {
    this.#cork()
    this.#client.query(statement, (error: Error | null, result: pg.QueryResult) => {
      if (error !== null) this.#failure ??= { error: this.#translate(error), isAnswer: isOfOneQuery(error) }
      onAnswer(error === null ? result : undefined)
    })
  }

  /** Until all is done that goes on without waiting for anything. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    const { stream } = this.#client.connection
    stream.cork()
    process.nextTick(() => {
      this.#isCorked = false
      stream.uncork()
    })
  }
}
