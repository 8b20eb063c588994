import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Dialect, StorageOptions } from '@ranvier/storage'
import { registerWithSecret } from './admin.ts'
import { Client } from './client.ts'
import { PostgresDatabases } from './postgres-databases.ts'
import { createMigrated } from './sqlite-template.ts'

/** What the server's own commands start Node with. */
const FLAGS_BY_VERSION = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../server/bin/node-flags.json'), 'utf8'),
) as Record<string, readonly string[]>
const [MAJOR = ''] = process.versions.node.split('.')
const NODE_FLAGS = [...(FLAGS_BY_VERSION['every'] ?? []), ...(FLAGS_BY_VERSION[MAJOR] ?? [])]
const SERVER = join(import.meta.dirname, '../../server/src/cli/main.ts')
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 15_000
const HEALTH_RETRY_MS = 20
const KEPT_LOG_LINES = 2_000

export interface StartOptions {
  database: Dialect
  /** Where PostgreSQL is. Default: `TEST_DATABASE_URL`. */
  postgresUrl?: string
  /** Connections of PostgreSQL for reading. */
  readers?: number
  /** Keys of `homeserver.yaml` that replace the test configuration's. */
  configOverrides?: Record<string, unknown>
  /** Starts with a clock that `advanceClock` moves. */
  testClock?: boolean
  /** Options for Node itself, such as `--cpu-prof`. */
  nodeOptions?: readonly string[]
  /** Variables of its environment beside the few that every server gets. */
  environment?: Record<string, string>
  /** A program with arguments that runs the server's command line and becomes it (`exec`), such as `nice`. */
  launcher?: readonly [program: string, ...args: string[]]
  /** Where the server's files are. Default: a new folder, removed in the end. */
  folder?: string
}

/** A real server in a process of its own, on a random port of 127.0.0.1, with a fresh database. */
export class Ranvier implements AsyncDisposable {
  readonly serverName = 'ranvier.test'
  readonly registrationSecret = 'a secret of the tests'
  /** The last lines the process wrote to standard error. */
  readonly log: string[] = []
  readonly folder: string
  readonly storageOptions: StorageOptions
  readonly #options: StartOptions
  readonly #databases: PostgresDatabases | undefined
  #process: ChildProcess | undefined
  #url = ''
  #clockSeconds = 0

  constructor(
    options: StartOptions,
    folder: string,
    database: StorageOptions,
    databases?: PostgresDatabases,
  ) {
    this.#options = options
    this.folder = folder
    this.storageOptions = database
    this.#databases = databases
  }

  /** Where it answers; stays the same after a restart. Without a slash at the end. */
  get url(): string {
    return this.#url
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('the server is not running')
    return pid
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    const config = join(this.folder, 'homeserver.yaml')
    writeFileSync(config, JSON.stringify(this.#config())) // JSON is YAML
    const port = this.#url === '' ? '0' : new URL(this.#url).port
    const clock = this.#options.testClock === true ? ['--test-clock', this.#writeClock()] : []
    const [program, ...before] = [...(this.#options.launcher ?? []), process.execPath] as [
      string,
      ...string[],
    ]
    const child = spawn(
      program,
      [
        ...before,
        ...NODE_FLAGS,
        ...(this.#options.nodeOptions ?? []),
        SERVER,
        'start',
        '-c',
        config,
        '--port',
        port,
        ...clock,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: this.folder,
        env: { ...serverEnvironment(), ...this.#options.environment },
      },
    )
    this.#process = child
    killWithUs(child)
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.log.push(line)
      if (this.log.length > KEPT_LOG_LINES) this.log.shift()
    })
    this.#url = await this.#addressOf(child)
    await this.#untilHealthy()
  }

  /** Ends the process with SIGTERM, as an operator does; its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Ends the process at once, as a power cut does. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops, and starts again on the same port and data. */
  async restart(): Promise<void> {
    if (this.isRunning) await this.stop()
    await this.start()
  }

  /** Moves the server's clock, from its next request on. */
  advanceClock(ms: number): void {
    this.#clockSeconds += ms / 1000
    this.#writeClock()
  }

  /** A user made by open registration. */
  register(username: string, password?: string): Promise<Client> {
    return Client.register(this.url, username, password)
  }

  /** An administrator made with the shared secret. */
  registerAdmin(username = 'admin'): Promise<Client> {
    return registerWithSecret(this.url, this.registrationSecret, username)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) await this.stop()
    await this.#databases?.dropAll()
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  #config(): Record<string, unknown> {
    return {
      server_name: this.serverName,
      public_baseurl: 'http://ranvier.test/',
      log_level: 'warn',
      listeners: [
        {
          port: 0,
          bind_addresses: ['127.0.0.1'],
          type: 'http',
          resources: [{ names: ['client', 'federation'] }],
        },
      ],
      database: databaseConfig(this.storageOptions),
      registration_shared_secret: this.registrationSecret,
      enable_registration: true,
      enable_registration_without_verification: true,
      bcrypt_rounds: 4, // what is tested is not how slow bcrypt is
      limits: { shadow_ban_delay: 0 },
      ...NO_RATE_LIMITS,
      ...this.#options.configOverrides,
    }
  }

  #writeClock(): string {
    const file = join(this.folder, 'clock')
    writeFileSync(file, String(this.#clockSeconds))
    return file
  }

  async #addressOf(child: ChildProcess): Promise<string> {
    const lines = createInterface({ input: child.stdout! })
    let tooSlow = ''
    const timeout = setTimeout(() => {
      tooSlow = ` within ${START_TIMEOUT_MS / 1000} s`
      child.kill('SIGKILL')
    }, START_TIMEOUT_MS)
    try {
      for await (const line of lines) {
        const url = /^\s*Address:\s+(http:\S+)/.exec(line)?.[1]
        if (url === undefined) continue
        return url.replace(/\/$/, '')
      }
    } finally {
      clearTimeout(timeout)
      child.stdout!.resume() // whatever else it says must not fill the pipe
    }
    throw new Error(`the server did not start${tooSlow}:\n${this.log.join('\n')}`)
  }

  async #untilHealthy(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS
    for (;;) {
      const answer = await fetch(`${this.#url}/health`).catch(() => undefined)
      if (answer?.ok === true) return
      if (!this.isRunning || Date.now() > deadline)
        throw new Error(`the server is not healthy:\n${this.log.join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, HEALTH_RETRY_MS))
    }
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#process
    if (child === undefined || !this.isRunning) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    const [code] = (await ended) as [number | null]
    clearTimeout(timeout)
    return code
  }
}

/** Starts a server on a fresh database; PostgreSQL's is made on the server `TEST_DATABASE_URL` names. */
export async function startRanvier(options: StartOptions): Promise<Ranvier> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ranvier-server-'))
  let databases: PostgresDatabases | undefined
  let storage: StorageOptions = { dialect: 'sqlite', file: join(folder, 'homeserver.db') }
  if (options.database === 'postgres') {
    const url = options.postgresUrl ?? process.env['TEST_DATABASE_URL']
    if (url === undefined) throw new Error('TEST_DATABASE_URL does not name a PostgreSQL server')
    databases = new PostgresDatabases(url)
    storage = await databases.create()
    if (storage.dialect === 'postgres' && options.readers !== undefined)
      storage = { ...storage, readers: options.readers }
  } else if (options.folder === undefined) {
    await createMigrated(storage.file)
  }
  const ranvier = new Ranvier(options, folder, storage, databases)
  try {
    await ranvier.start()
    return ranvier
  } catch (error) {
    await ranvier[Symbol.asyncDispose]()
    throw error
  }
}

/** Nothing of the tester's own; compiled code is shared, or each of the many servers would compile for itself. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE, UV_THREADPOOL_SIZE, MALLOC_ARENA_MAX } = process.env
  return {
    PATH,
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    ...(UV_THREADPOOL_SIZE !== undefined && { UV_THREADPOOL_SIZE }),
    ...(MALLOC_ARENA_MAX !== undefined && { MALLOC_ARENA_MAX }),
  }
}

function databaseConfig(options: StorageOptions): Record<string, unknown> {
  if (options.dialect === 'sqlite') return { name: 'sqlite3', args: { database: options.file } }
  const { host, port, user, password, database } = options.connection
  return {
    name: 'psycopg2',
    args: { host, port, user, password, database, sslmode: 'disable', cp_max: options.readers },
  }
}

const FREE = { per_second: 1_000_000, burst_count: 1_000_000 }
/** Keys of `homeserver.yaml`, the same as Synapse's: tests and measurements are not to wait. */
export const NO_RATE_LIMITS = {
  rc_message: FREE,
  rc_registration: FREE,
  rc_registration_token_validity: FREE,
  rc_login: { address: FREE, account: FREE, failed_attempts: FREE },
  rc_admin_redaction: FREE,
  rc_joins: { local: FREE, remote: FREE },
  rc_joins_per_room: FREE,
  rc_invites: { per_room: FREE, per_user: FREE, per_issuer: FREE },
  rc_presence: { per_user: FREE },
  rc_room_creation: FREE,
  rc_user_directory: FREE,
  rc_reports: FREE,
  rc_media_create: FREE,
  rc_delayed_event_mgmt: FREE,
}

const children = new Set<ChildProcess>()
let watching = false

/** No server outlives a test run that is interrupted. */
function killWithUs(child: ChildProcess): void {
  children.add(child)
  child.on('exit', () => children.delete(child))
  if (watching) return
  watching = true
  process.on('exit', () => {
    for (const left of children) left.kill('SIGKILL')
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
}
