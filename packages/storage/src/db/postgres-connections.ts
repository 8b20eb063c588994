import pg from 'pg'

const TOO_MANY_CONNECTIONS = '53300'
/** How long a query waits for a connection, whether none is free or none can be made. */
const CONNECT_TIMEOUT_MS = 10_000
/** After so long it is tried again whether there are more. */
const RETRY_MS = 60_000
/** Without any connection there is nothing to wait for but those that others are making. */
const READER_TRIES = 2
/** Others may be quicker to take the place that was made. */
const WRITER_TRIES = 5

/**
 * Connections for reads, and one for writes. Where PostgreSQL has fewer than are wanted, those that there are have to do: reads
 * wait for one, and give one up when there is none for writes. `onError` is told so.
 */
export class PostgresConnections {
  readonly #readers: pg.Pool
  readonly #writer: pg.Pool
  readonly #wanted: number
  readonly #onError: (error: Error) => void
  /** Connections for reads that there are; the pool counts those that are being made as well. */
  #made = 0
  #retry: NodeJS.Timeout | undefined

  constructor(config: pg.PoolConfig, readers: number, onError: (error: Error) => void) {
    // idleTimeoutMillis 0: dropping idle connections would drop their prepared plans with them.
    const common = {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true, // a server that is cut off says nothing
      ...config,
      idleTimeoutMillis: 0,
    }
    this.#wanted = readers
    this.#onError = onError
    const pipelined = (max: number): pg.PoolConfig & { pipeline: true } => ({
      ...common,
      max,
      pipeline: true,
    })
    this.#readers = new pg.Pool(pipelined(readers))
    this.#writer = new pg.Pool(pipelined(1))
    this.#readers.on('error', onError)
    this.#readers.on('connect', () => void this.#made++)
    this.#readers.on('remove', () => void this.#made--)
    this.#writer.on('error', onError)
    // While a connection is in use its loss is also the error of the query: without a listener it would end the process.
    for (const pool of [this.#readers, this.#writer])
      pool.on('connect', (client) => client.on('error', () => {}))
  }

  /** A connection for reads, once one is free. Takes several statements at once. */
  async reader(): Promise<pg.PoolClient> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#readers.connect()
      } catch (error) {
        if (!isTooMany(error)) throw error
        if (this.#made === 0 && tries === READER_TRIES) {
          this.#readers.options.max = this.#wanted
          throw error
        }
        this.#makeDoWith(Math.max(1, this.#made), error)
      }
    }
  }

  /** The connection for writes, once nobody else has it. Takes several statements at once. */
  async writer(): Promise<pg.PoolClient> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#writer.connect()
      } catch (error) {
        if (!isTooMany(error) || tries === WRITER_TRIES || this.#made < 2) throw error
        this.#makeDoWith(this.#made - 1, error)
        await this.#giveUpReader()
      }
    }
  }

  async end(): Promise<void> {
    clearTimeout(this.#retry)
    await Promise.all([this.#readers.end(), this.#writer.end()])
  }

  /** Who comes later waits for one of these, or for what is being made at the moment. */
  #makeDoWith(readers: number, cause: Error): void {
    this.#readers.options.max = readers
    if (this.#retry !== undefined) return
    const message = `PostgreSQL has not the ${this.#wanted + 1} connections that \`database.args.cp_max\` makes possible: it goes on with fewer. Lower that, or raise \`max_connections\` there`
    this.#onError(new Error(message, { cause }))
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#readers.options.max = this.#wanted
    }, RETRY_MS).unref()
  }

  /** Resolves when PostgreSQL has its place again. */
  async #giveUpReader(): Promise<void> {
    const client = await this.#readers.connect()
    const ended = new Promise((resolve) => client.once('end', resolve))
    client.release(true)
    await ended
  }
}

function isTooMany(error: unknown): error is Error {
  return (error as { code?: unknown }).code === TOO_MANY_CONNECTIONS
}
