import { createHash, randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStorage, type StorageOptions } from '@ranvier/storage'
import pg from 'pg'

const TEMPLATE_LOCK = 0x72616e76 // any number all our test processes agree on
const READERS = 3

/** Fresh databases with the schema in place on the server named by `TEST_DATABASE_URL`. */
export class PostgresDatabases {
  readonly #url: string
  readonly #made: string[] = []
  #template: Promise<string> | undefined
  #admin: pg.Pool | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** A database of its own. `empty` leaves out the schema. */
  async create(options: { empty?: boolean } = {}): Promise<StorageOptions> {
    const template = options.empty === true ? 'template0' : await this.#templateName()
    const name = `ranvier_test_${randomBytes(8).toString('hex')}`
    // Copying the files is a third of the work of writing each page of them to the log, which is the default.
    await this.#pool().query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`)
    this.#made.push(name)
    return this.#optionsOf(name)
  }

  /** Drops every database made here, also those still connected to. */
  async dropAll(): Promise<void> {
    for (const name of this.#made.splice(0))
      await this.#pool().query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    const pool = this.#admin
    this.#admin = undefined
    await pool?.end()
  }

  #templateName(): Promise<string> {
    this.#template ??= this.#makeTemplate()
    return this.#template
  }

  /** Migrated once per state of the sources, whichever test process comes first; copying it takes milliseconds. */
  async #makeTemplate(): Promise<string> {
    const name = `ranvier_template_${schemaHash()}`
    const client = await this.#pool().connect()
    try {
      await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (rowCount === 1) return name
      // Made under another name: a failed migration must not leave a half-made template.
      const draft = `${name}_draft`
      await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
      await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`)
      const storage = await openStorage(this.#optionsOf(draft))
      await storage[Symbol.asyncDispose]()
      await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
      return name
    } finally {
      client.release(true) // its end gives back the lock
    }
  }

  /** One connection for all of it: making one takes both sides longer than making a database. */
  #pool(): pg.Pool {
    if (this.#admin === undefined) {
      this.#admin = new pg.Pool({
        connectionString: this.#url,
        max: 1,
        allowExitOnIdle: true,
        idleTimeoutMillis: 0,
      })
      this.#admin.on('error', () => {}) // a server that was stopped: whoever asks it next is told so
    }
    return this.#admin
  }

  #optionsOf(database: string): StorageOptions {
    const url = new URL(this.#url)
    const connection = {
      host: url.hostname,
      port: Number(url.port || 5432),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database,
    }
    return { dialect: 'postgres', connection, readers: READERS }
  }
}

/** Changes with everything that shapes a fresh schema, so that a long-lived server never gives out an old one. */
function schemaHash(): string {
  const storage = join(import.meta.dirname, '../../storage/src')
  const files = ['db/sql-text.ts', 'streams.ts', ...globSync('migrations/**/*.ts', { cwd: storage })].sort()
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(storage, file)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}
