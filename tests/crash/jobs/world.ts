import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { type Client, type Ranvier, startRanvier } from '@ranvier/testkit'

const AT_ONCE = 16
const USERS = 20
const POOL_ROOMS = 60
const MANY_ACCOUNTS = 300
const LIVE = `status IN ('scheduled', 'active')`

type Row = Record<string, string | number | null>

/** A server with people, rooms and many accounts, and its database as it is seen from beside. */
export class JobWorld implements AsyncDisposable {
  readonly server: Ranvier
  readonly admin: Client
  readonly users: readonly Client[]
  /** Public rooms of the administrator. */
  readonly rooms: readonly string[]
  /** Accounts that can only be changed. */
  readonly accounts: readonly string[]
  readonly #query: (sql: string, params: readonly (string | number)[]) => Promise<Row[]>
  readonly #close: () => Promise<void>

  private constructor(
    server: Ranvier,
    admin: Client,
    things: Pick<JobWorld, 'users' | 'rooms' | 'accounts'>,
  ) {
    this.server = server
    this.admin = admin
    this.users = things.users
    this.rooms = things.rooms
    this.accounts = things.accounts
    const options = server.storageOptions
    if (options.dialect === 'sqlite') {
      const { file } = options
      this.#query = async (sql, params) => {
        const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
        try {
          return database.prepare(sql).all(...params) as Row[]
        } finally {
          database.close()
        }
      }
      this.#close = async () => {}
    } else {
      const database = new PostgresDatabase(options, () => {})
      this.#query = (sql, params) => database.reader.all<Row>(sql, ...params)
      this.#close = () => database[Symbol.asyncDispose]()
    }
  }

  static async create(database: 'sqlite' | 'postgres'): Promise<JobWorld> {
    // Who is killed between the URI and the upload asks for another URI, and the first stays pending for a day.
    const configOverrides = { media_store_path: 'media', max_pending_media_uploads: 1_000_000 }
    const server = await startRanvier({ database, configOverrides })
    const admin = await server.registerAdmin()
    const users = await inParallel(USERS, (i) => server.register(`user${i}`))
    const rooms = await inParallel(POOL_ROOMS, () => admin.createRoom({ preset: 'public_chat' }))
    const accounts = await makeAccounts(admin, 'many', MANY_ACCOUNTS)
    return new JobWorld(server, admin, { users, rooms, accounts })
  }

  query(sql: string, ...params: (string | number)[]): Promise<Row[]> {
    return this.#query(sql, params)
  }

  /** The only value of the only row. */
  async value(sql: string, ...params: (string | number)[]): Promise<string | number | null> {
    const [row] = await this.#query(sql, params)
    return Object.values(row!)[0]!
  }

  /** Whether a job of one of these kinds has not ended. */
  async isAtWork(kinds: readonly string[]): Promise<boolean> {
    const names = kinds.map(() => '?').join(', ')
    return (
      (await this.value(`SELECT COUNT(*) AS n FROM jobs WHERE name IN (${names}) AND ${LIVE}`, ...kinds)) !==
      0
    )
  }

  /** Rows of every table that are about the room, but for that it is blocked. */
  async rowsOfRoom(roomId: string): Promise<string[]> {
    const isSqlite = this.server.storageOptions.dialect === 'sqlite'
    const tables = await this.query(
      isSqlite
        ? `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'room_id'`
        : `SELECT table_name AS name FROM information_schema.columns
           WHERE column_name = 'room_id' AND table_schema = current_schema()`,
    )
    const found: string[] = []
    for (const { name } of tables) {
      if (name === 'blocked_rooms') continue
      const n = await this.value(`SELECT COUNT(*) AS n FROM ${name} WHERE room_id = ?`, roomId)
      if (n !== 0) found.push(`${n} rows of ${name}`)
    }
    return found
  }

  /** Files of contents in the media store. */
  contents(): string[] {
    const files = readdirSync(join(this.server.folder, 'media'), { recursive: true, withFileTypes: true })
    return files
      .filter((file) => file.isFile() && file.parentPath.includes('/content/'))
      .map(({ name }) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Does `work` for 0 … count - 1, some at a time. */
export async function inParallel<T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async () => {
    for (let i = next++; i < count; i = next++) results[i] = await work(i)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker))
  return results
}

/** Accounts without a session. */
export function makeAccounts(admin: Client, name: string, count: number): Promise<string[]> {
  return inParallel(count, async (i) => {
    const userId = `@${name}${String(i).padStart(4, '0')}:ranvier.test`
    await admin.put(`/_synapse/admin/v2/users/${userId}`, { displayname: `${name} ${i}` })
    return userId
  })
}

/** Lets users say things in a room; the ids of the events, in no order. */
export function sayMuch(users: readonly Client[], roomId: string, count: number): Promise<string[]> {
  return inParallel(count, (i) => users[i % users.length]!.send(roomId, `text ${i}`))
}

/** Polls, as what is waited for happens in another process. False: not in time. */
export async function until(isTrue: () => Promise<boolean>, timeoutMs = 180_000): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) return false
    await wait(50)
  }
  return true
}

export interface Instance {
  /** Has the server begin. */
  start(): Promise<unknown>
  /** What is wrong when all is said to be done. */
  check(): Promise<string[]>
  /** Default: while a job of the case's kinds has not ended. */
  isAtWork?(): Promise<boolean>
}

/** A kind of long work. */
export interface JobCase {
  name: string
  /** Names of the jobs that do it. */
  jobs: readonly string[]
  /** Makes the next thing to be worked on; `n` counts them. */
  prepare(world: JobWorld, n: number): Promise<Instance>
}

/** Says what is different, if something is. */
export function expectEqual(what: string, actual: unknown, expected: unknown): string[] {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  return a === b ? [] : [`${what}: ${a?.slice(0, 300)} instead of ${b?.slice(0, 300)}`]
}
