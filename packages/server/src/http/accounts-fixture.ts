import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { openStorage, type Storage } from '@ranvier/storage'
import { type Accounts, createAccounts } from '../accounts/accounts.ts'
import type { AccountsConfig } from '../accounts/config.ts'
import type { IdentityServers } from '../accounts/threepids/identity-server.ts'
import { type ManualClock, manualClock } from '../clock.ts'
import { allowReplacement } from '../keys/allow-replacement.ts'
import { silentLoggers } from '../logger.ts'
import { userRedactions } from '../moderation/redact-user.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS, type RateLimitConfig } from '../rate-limit.ts'
import { checkAdminAnswer } from './admin/answer-fixture.ts'
import { adminRoutes } from './admin/routes.ts'
import type { AdminCompat } from './admin/users/shape.ts'
import { accountRoutes } from './client/account/routes.ts'
import { deviceRoutes } from './client/devices/routes.ts'
import { loginRoutes } from './client/login/routes.ts'
import { profileRoutes } from './client/profile/routes.ts'
import { registrationRoutes } from './client/registration/routes.ts'
import { createHttpServer } from './server.ts'
import { createUia } from './uia.ts'
import { createStages } from './uia-stages.ts'

export const SECRET = 'shared secret of the tests'

export const testConfig: AccountsConfig = {
  serverName: 'test' as ServerName,
  publicBaseUrl: 'https://test/',
  passwordLogin: true,
  passwordReauth: true,
  localPasswords: true,
  pepper: '',
  bcryptRounds: 4,
  passwordPolicy: null,
  registration: true,
  registrationRequiresToken: false,
  hidesTakenNames: false,
  guests: true,
  registrationSharedSecret: SECRET,
  noticesLocalpart: 'notices',
  extraUserTypes: [],
  approval: { enabled: false, requiredForNew: false },
  defaultUserType: null,
  refreshableTokenLifetimeMs: 300_000,
  nonrefreshableTokenLifetimeMs: null,
  refreshTokenLifetimeMs: null,
  sessionLifetimeMs: null,
  identityProviders: [],
  captchaSiteKey: null,
  loginTokens: { requireUiAuth: true, lifetimeMs: 120_000 },
  uiAuthSessionTimeoutMs: 0,
  setDisplayname: true,
  setAvatarUrl: true,
  profilesNeedAuth: false,
  profilesNeedSharedRoom: false,
  mail: null,
  threepids: {
    changesEnabled: true,
    allowed: null,
    hidesUse: false,
    nextLinkDomains: null,
    registrationNeedsEmail: false,
  },
  avatars: { maxBytes: null, mimetypes: null },
  consent: null,
  validityPeriodMs: null,
  userIpsMaxAgeMs: 28 * 86_400_000,
  trackPuppetedUserIps: false,
  tokenCacheEntries: 100,
  accountCacheBytes: 100_000,
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
  text: string
  headers: Record<string, unknown>
}

export interface CallOptions {
  token?: string
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string
  userAgent?: string
  ip?: string
}

/** A server with the routes of accounts. For tests. */
export interface AccountServer extends AsyncDisposable {
  storage: Storage
  /** The database's file: what an administrator would open by hand. */
  file: string
  clock: ManualClock
  accounts: Accounts
  /** Users whose profile went out to their rooms. */
  propagated: UserId[]
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Makes an account by shared secret and logs it in. Password: `pw-<name>`. */
  user(
    name: string,
    options?: { admin?: boolean },
  ): Promise<{ userId: UserId; token: string; deviceId: string }>
}

export async function accountServer(
  options: {
    /** What it is on, instead of a SQLite database of its own. It is closed with the server. */
    open?: () => Promise<Storage>
    config?: Partial<AccountsConfig>
    rateLimits?: Partial<RateLimitConfig>
    compat?: AdminCompat
    identityServers?: IdentityServers
  } = {},
): Promise<AccountServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-accounts-'))
  const file = join(folder, 'test.db')
  const storage = await (options.open?.() ?? openStorage({ dialect: 'sqlite', file }))
  const clock = manualClock()
  const generous = Object.fromEntries(
    Object.keys(DEFAULT_RATE_LIMITS).map((key) => [key, { perSecond: 1000, burst: 1000 }]),
  ) as RateLimitConfig
  const rateLimits = createRateLimits({ ...generous, ...options.rateLimits }, { clock })
  const propagated: UserId[] = []
  const accounts = createAccounts({
    storage,
    clock,
    config: { ...testConfig, ...options.config },
    ...(options.identityServers && { identityServers: options.identityServers }),
    rateLimits,
    propagateProfile: async (_tx, userId) => async () => void propagated.push(userId),
    onError: (error) => {
      throw error
    },
  })
  const uia = createUia({
    clock,
    stages: createStages(accounts),
    sessionLifetimeMs: 3_600_000,
    reuseMs: accounts.config.uiAuthSessionTimeoutMs,
  })
  const deps = { accounts, uia, rateLimits }
  const server = await createHttpServer({
    routes: [
      ...loginRoutes(deps),
      ...registrationRoutes(deps),
      ...accountRoutes({
        ...deps,
        rooms: { defaultVersion: '12', forgetOnLeave: false, maxEventDelayMs: 0 },
      }),
      ...deviceRoutes(deps),
      ...profileRoutes(deps),
      ...adminRoutes({
        accounts,
        compat: options.compat ?? 'current',
        allowKeyReplacement: allowReplacement({ storage, clock }),
        redactions: userRedactions({ storage, clock }),
      }),
    ],
    limits: { maxConnections: 10 },
    authenticate: accounts.authenticate,
    isAdmin: accounts.isAdmin,
    accountsVersion: storage.accountsVersion,
    clock,
    log: silentLoggers()('http'),
    rateLimits,
    onAuthenticated: (requester, request) => accounts.seen.record(requester, request),
    maxBodyBytes: 100_000,
    maxAnonymousBodyBytes: 10_000,
  })

  async function call(method: string, path: string, given: CallOptions = {}): Promise<Answer> {
    const payload = given.raw ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
    const answer = await server.app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(given.token !== undefined && { authorization: `Bearer ${given.token}` }),
        ...(given.userAgent !== undefined && { 'user-agent': given.userAgent }),
      },
      ...(given.ip !== undefined && { remoteAddress: given.ip }),
      ...(payload !== undefined && { payload }),
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    const body = isJson ? answer.json() : undefined
    checkAdminAnswer(method, path, answer.statusCode, body)
    return {
      status: answer.statusCode,
      body,
      text: answer.body,
      headers: answer.headers,
    }
  }

  return {
    storage,
    file,
    clock,
    accounts,
    propagated,
    call,
    async user(name, { admin = false } = {}) {
      const { userId, session } = await accounts.register({
        localpart: name,
        password: `pw-${name}`,
        admin,
        device: { initialDisplayName: `${name}'s device` },
      })
      return { userId, token: session!.accessToken, deviceId: session!.deviceId }
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await accounts[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
