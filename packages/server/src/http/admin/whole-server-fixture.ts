import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { eventually } from '@ranvier/testkit/eventually'
import { pino } from 'pino'
import { registrationMac } from '../../accounts/registration/register-with-secret.ts'
import { manualClock } from '../../clock.ts'
import type { Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'
import { silentLoggers } from '../../logger.ts'
import { DEFAULT_RATE_LIMITS, type RateLimitConfig } from '../../rate-limit.ts'
import { wireServer } from '../../wiring.ts'
import type { Answer, CallOptions } from '../accounts-fixture.ts'
import { createHttpServer } from '../server.ts'
import { checkAdminAnswer } from './answer-fixture.ts'

const CLIENT = '/_matrix/client/v3'
const SECRET = 'shared secret of the tests'

/** Where the admin API is, but for the document that describes it. */
export function isAdminPath(path: string): boolean {
  if (path === '/_ranvier/admin/v1/openapi.json') return false
  return /^\/_(synapse|ranvier)\/admin\//.test(path) || /^\/_matrix\/client\/v\d\/admin\//.test(path)
}

/** Somebody with a session. */
export interface Person {
  userId: UserId
  deviceId: string
  token: string
}

export interface WholeServerOptions {
  rateLimits?: Partial<RateLimitConfig>
  config?: (config: Config) => Config
  /** Keys of `homeserver.yaml`: the configuration is read from one with these and nothing else. */
  settings?: Record<string, unknown>
}

/** The whole server as `main.ts` puts it together, on a storage and a clock of the test's. */
export async function wholeServer(storage: Storage, options: WholeServerOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-whole-'))
  const clock = manualClock()
  const config = configOf(folder, options)
  const logged: Record<string, unknown>[] = []
  const wired = await wireServer({ config, storage, clock, loggers: silentLoggers() })
  const http = await createHttpServer({
    ...wired,
    accountsVersion: storage.accountsVersion,
    clock,
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    limits: { maxConnections: 10 },
    maxBodyBytes: 1_000_000,
    maxAnonymousBodyBytes: 100_000,
  })
  await wired.start()
  let txns = 0

  /** As {@link call}, for answers that are no JSON. */
  async function raw(method: string, path: string, given: CallOptions = {}) {
    clock.advance(1)
    const answer = await http.app.inject({
      method: method as 'GET',
      url: path.startsWith('/_') ? path : CLIENT + path,
      headers: {
        ...(given.token !== undefined && { authorization: `Bearer ${given.token}` }),
        ...(given.userAgent !== undefined && { 'user-agent': given.userAgent }),
      },
      ...(given.ip !== undefined && { remoteAddress: given.ip }),
      ...(given.body !== undefined && { payload: JSON.stringify(given.body) }),
    })
    return { status: answer.statusCode, text: answer.body, headers: answer.headers }
  }

  async function call(method: string, path: string, given: CallOptions = {}): Promise<Answer> {
    const answer = await raw(method, path, given)
    const body = JSON.parse(answer.text)
    checkAdminAnswer(method, path, answer.status, body)
    return { ...answer, body }
  }

  /** As {@link call}, for what must succeed. */
  async function ok(method: string, path: string, given: CallOptions = {}) {
    const { status, body } = await call(method, path, given)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  async function person(name: string, { admin = false } = {}): Promise<Person> {
    const { nonce } = await ok('GET', '/_synapse/admin/v1/register')
    const password = `pw-${name}`
    const mac = registrationMac(SECRET, { nonce, username: name, password, admin, userType: '' })
    const body = { nonce, username: name, password, admin, mac }
    const answer = await ok('POST', '/_synapse/admin/v1/register', { body })
    return { userId: answer.user_id, deviceId: answer.device_id, token: answer.access_token }
  }

  const room = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`
  return {
    storage,
    clock,
    config,
    sharedSecret: SECRET,
    /** On a real socket; the URL. */
    listen: () => http.listen({ host: '127.0.0.1', port: 0, xForwarded: false }),
    routes: wired.routes,
    /** Takes requests without a socket. */
    inject: http.app.inject,
    /** What was logged of requests. */
    logged,
    call,
    raw,
    ok,
    room,
    person,
    createRoom: async ({ token }: Person, body: object = {}): Promise<RoomId> =>
      (await ok('POST', '/createRoom', { token, body: { preset: 'public_chat', ...body } })).room_id,
    join: ({ token }: Person, roomId: string) =>
      ok('POST', `/join/${encodeURIComponent(roomId)}`, { token, body: {} }),
    say: async ({ token }: { token: string }, roomId: string, body: string): Promise<string> => {
      const path = `${room(roomId)}/send/m.room.message/t${++txns}`
      return (await ok('PUT', path, { token, body: { msgtype: 'm.text', body } })).event_id
    },
    event: async ({ token }: Person, roomId: string, eventId: string) =>
      ok('GET', `${room(roomId)}/event/${encodeURIComponent(eventId)}`, { token }),
    /** Resolves when no job is left that is due now. */
    async jobsDone(): Promise<void> {
      const due = { statuses: ['scheduled', 'active'] as const, maxDueTs: clock.nowMs() }
      await eventually(async () => (await storage.read.jobs.list(due, 1)).length === 0)
    },
    async [Symbol.asyncDispose]() {
      await http.close()
      await wired[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type WholeServer = Awaited<ReturnType<typeof wholeServer>>

function configOf(folder: string, options: WholeServerOptions): Config {
  if (options.settings !== undefined) {
    writeFileSync(join(folder, 'homeserver.yaml'), JSON.stringify(options.settings)) // JSON is YAML
    return loadConfig({ configPaths: ['homeserver.yaml'], cwd: folder })
  }
  const loaded = loadConfig({ dataDir: folder, serverName: 'test', env: {} })
  const generous = Object.fromEntries(
    Object.keys(DEFAULT_RATE_LIMITS).map((key) => [key, { perSecond: 1e6, burst: 1e6 }]),
  ) as unknown as RateLimitConfig
  const config: Config = {
    ...loaded,
    secrets: { ...loaded.secrets, registrationShared: SECRET },
    passwords: { ...loaded.passwords, bcryptRounds: 4 },
    rateLimits: { ...generous, ...options.rateLimits },
    previews: { addresses: loaded.outbound, blockedUrls: [], maxBytes: 1_000_000, languages: ['en'] },
  }
  return options.config?.(config) ?? config
}
