import type { StorageOptions } from '@ranvier/storage'
import pg from 'pg'

/** The processes in which a PostgreSQL on this machine works for one database. */
export class Backends implements AsyncDisposable {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** `undefined` for SQLite, which works in the server's own process. */
  static async of(options: StorageOptions): Promise<Backends | undefined> {
    if (options.dialect === 'sqlite') return undefined
    const client = new pg.Client(options.connection)
    await client.connect()
    return new Backends(client)
  }

  /** Those of now; the server opens further ones when it has much to ask. */
  async list(): Promise<number[]> {
    const { rows } = await this.#client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    )
    return rows.map(({ pid }) => pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }
}
