import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'

const START_TRIES = 5 // another program may take the free port between our look and PostgreSQL's start
const START_TIMEOUT_MS = 30_000
const RESTART_RETRY_MS = 500
const UNPRIVILEGED_USERS = ['postgres', 'nobody']

export interface PostgresServer extends AsyncDisposable {
  /** `postgres://…` of the maintenance database, as a superuser. */
  readonly url: string
  /** Ends it and keeps its data: as its administrator does, or at once as a crash does. */
  stop(how: 'orderly' | 'kill9'): Promise<void>
  /** Starts it again after `stop`, at the same address; resolves when it answers. */
  start(): Promise<void>
  /** Whether it takes connections, by then. */
  isAnswering(withinMs: number): Promise<boolean>
}

export interface PostgresServerOptions {
  durable: boolean
  /** Where its data are, if not in a temporary directory: as they are called in the mount namespace of that process. */
  on?: PostgresDisk
  /** Of `postgresql.conf`, which win over ours. */
  settings?: Record<string, string | number>
}

export interface PostgresDisk {
  data: string
  /** Whether its log is there too, else in the temporary directory. */
  withLog: boolean
  namespaceOf: number
}

/**
 * Starts a PostgreSQL server of our own on a random port of 127.0.0.1, with its data in a temporary directory.
 * `durable: false` leaves out every flush to disk: for tests that do not pull plugs. It stops when disposed, and also
 * when this process ends in whatever way (a guard holds a pipe to us), and then its files are gone.
 */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'ranvier-postgres-'))
  try {
    return await startIn(home, options)
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
}

async function startIn(home: string, options: PostgresServerOptions): Promise<PostgresServer> {
  const identity = unprivilegedIdentity()
  const binaries = postgresBinaries(home, identity !== undefined)
  if (identity !== undefined) {
    chmodSync(home, 0o711)
    chownSync(home, identity.uid, identity.gid)
  }
  const password = randomBytes(12).toString('hex')
  const data = initialise(home, binaries, password, options.on, identity)
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const guard = startGuarded(home, binaries, data, port, options, identity)
    try {
      await untilReady(url, home)
      return {
        url,
        async stop(how) {
          guard.stdin!.write(`${how}\n`)
          await once(guard.stdout!, 'data')
        },
        async start() {
          for (let tries = 1; ; tries++) {
            guard.stdin!.write('start\n')
            await once(guard.stdout!, 'data')
            try {
              await untilReady(url, home)
              return
            } catch (error) {
              if (tries === START_TRIES) throw error
              await new Promise((resolve) => setTimeout(resolve, RESTART_RETRY_MS))
            }
          }
        },
        isAnswering: (withinMs) =>
          untilReady(url, home, withinMs).then(
            () => true,
            () => false,
          ),
        [Symbol.asyncDispose]: () => end(guard, home),
      }
    } catch (error) {
      await end(guard, undefined)
      if (tries === START_TRIES)
        throw new Error(`PostgreSQL did not start:\n${readFileSync(join(home, 'log'), 'utf8')}`, {
          cause: error,
        })
    }
  }
}

interface Identity {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root. */
function unprivilegedIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const wanted of UNPRIVILEGED_USERS) {
    const fields = users.find((line) => line.startsWith(`${wanted}:`))?.split(':')
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new Error(
    `PostgreSQL cannot run as root, and there is no user ${UNPRIVILEGED_USERS.join(' or ')} to run it as`,
  )
}

const cleanEnv = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }

/** Only root may enter a namespace, and becomes somebody else there. */
function inNamespace(
  on: PostgresDisk | undefined,
  identity: Identity | undefined,
  command: [string, ...string[]],
): [string, ...string[]] {
  if (on === undefined) return command
  const who = identity === undefined ? [] : ['-S', String(identity.uid), '-G', String(identity.gid)]
  return ['nsenter', '-t', String(on.namespaceOf), '-m', ...who, '--', ...command]
}

function initialise(
  home: string,
  binaries: PostgresBinaries,
  password: string,
  on: PostgresDisk | undefined,
  identity?: Identity,
): string {
  const passwordFile = join(home, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity !== undefined) chownSync(passwordFile, identity.uid, identity.gid)
  const data = on?.data ?? join(home, 'data')
  const [program, ...args] = inNamespace(on, identity, [
    binaries.initdb,
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
    // Of a random password each connection would compute thousands, on both sides.
    '--set=scram_iterations=1',
    // Small segments: on a small disk there is room for few.
    ...(on === undefined ? [] : ['--wal-segsize=1']),
    ...(on === undefined || on.withLog ? [] : [`--waldir=${join(home, 'wal')}`]),
  ])
  execFileSync(program, args, {
    ...(on === undefined ? identity : {}),
    env: cleanEnv,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: home,
  })
  return data
}

/**
 * Ends PostgreSQL and removes its files when its standard input, our pipe, closes: also after our own `kill -9`. Orders to
 * stop and start it are answered when they are carried out. Processes of a killed server may outlive it for a moment,
 * and until then it cannot be started.
 */
const GUARD = `
home=$1; shift
begin() { "$@" </dev/null >"$home/log" 2>&1 & server=$!; }
begin "$@"
while read -r order; do
  case $order in
    keep) keep=1 ;;
    orderly) kill -INT $server; wait $server; echo done ;;
    kill9) kill -KILL $server; wait $server; echo done ;;
    start) begin "$@"; echo done ;;
  esac
done
kill -INT $server 2>/dev/null
wait $server
[ -z "$keep" ] && rm -rf "$home"
exit 0`

function startGuarded(
  home: string,
  binaries: PostgresBinaries,
  data: string,
  port: number,
  { durable, on, settings: wanted }: PostgresServerOptions,
  identity: Identity | undefined,
): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    password_encryption: 'scram-sha-256',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...wanted,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [program, ...args] = inNamespace(on, identity, [
    '/bin/sh',
    '-c',
    GUARD,
    'guard',
    home,
    binaries.postgres,
    '-D',
    data,
    ...flags,
  ])
  return spawn(program, args, {
    ...(on === undefined ? identity : {}),
    env: cleanEnv,
    cwd: home,
    // A group of its own: Ctrl-C reaches us first, and we (or our end) tell the guard.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

async function untilReady(url: string, home: string, withinMs = START_TIMEOUT_MS): Promise<void> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.query('SELECT 1')
      return
    } catch (error) {
      if (Date.now() > deadline || hasGivenUp(home)) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** The port was taken, or the settings were refused: the guard is still there, the server is not. */
function hasGivenUp(home: string): boolean {
  const log = join(home, 'log')
  return (
    existsSync(log) && /^.*FATAL:.*could not|database system is shut down/m.test(readFileSync(log, 'utf8'))
  )
}

async function end(guard: ChildProcess, home: string | undefined): Promise<void> {
  if (guard.exitCode === null && guard.signalCode === null) {
    const ended = once(guard, 'exit')
    guard.stdin?.end(home === undefined ? 'keep\n' : '')
    await ended
  }
  // The guard could remove what it owns; in a directory with the sticky bit that is not always the directory itself.
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
