import type { Storage } from '@ranvier/storage'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { accountsConfig } from './accounts/config.ts'
import { partRoomsJob } from './accounts/part-rooms.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { adminRoutes } from './http/admin/routes.ts'
import { accountRoutes } from './http/client/account/routes.ts'
import { deviceRoutes } from './http/client/devices/routes.ts'
import { loginRoutes } from './http/client/login/routes.ts'
import { profileRoutes } from './http/client/profile/routes.ts'
import { registrationRoutes } from './http/client/registration/routes.ts'
import type { HttpRequest } from './http/request.ts'
import type { Route } from './http/route.ts'
import { createUia } from './http/uia.ts'
import { createStages } from './http/uia-stages.ts'
import { jobRunner } from './jobs/runner.ts'
import type { LoggerFactory } from './logger.ts'
import { createRateLimits, type RateLimits } from './rate-limit.ts'
import type { Authenticate, IsAdmin, Requester } from './requester.ts'
import { FORGET_TXNS_ID, forgetTxnsJob } from './rooms/forget-txns-job.ts'
import { wireRooms } from './wiring-rooms.ts'

/** The server's parts, put together. */
export interface WiredServer extends AsyncDisposable {
  routes: readonly Route[]
  authenticate: Authenticate
  isAdmin: IsAdmin
  onAuthenticated: (requester: Requester, request: HttpRequest) => void
  rateLimits: RateLimits
  /** Begins what runs by itself: jobs. */
  start(): Promise<void>
}

/** Builds everything between the database and the listeners, each part after those it uses. */
export async function wireServer(parts: {
  config: Config
  storage: Storage
  clock: Clock
  loggers: LoggerFactory
}): Promise<WiredServer> {
  const { config, storage, clock, loggers } = parts
  const rateLimits = createRateLimits(config.rateLimits, {
    clock,
    maxEntries: config.limits.rateLimitEntries,
  })
  const rooms = wireRooms(parts)
  const accounts = createAccounts({
    storage,
    clock,
    config: accountsConfig(config),
    rateLimits,
    propagateProfile: rooms.propagateProfile,
    onError: (error) => loggers('accounts').error({ error }, 'a task nobody waits for failed'),
  })
  const jobs = jobRunner({
    storage,
    clock,
    kinds: [
      forgetTxnsJob(),
      partRoomsJob({
        storage,
        partRoom: rooms.partRoom,
        onError: (error, where) => loggers('jobs').warn({ error, ...where }, 'a room could not be left'),
      }),
    ],
    onError: (error, job) => loggers('jobs').error({ error, job }, 'a job failed'),
  })
  return {
    routes: [
      ...accountsRoutes(config, clock, accounts, rateLimits),
      ...adminRoutesOf(config, storage, accounts),
    ],
    authenticate: accounts.authenticate,
    isAdmin: accounts.isAdmin,
    onAuthenticated: (requester, request) => accounts.seen.record(requester, request),
    rateLimits,
    async start() {
      await storage.write((tx) =>
        tx.jobs.ensure(FORGET_TXNS_ID, { id: FORGET_TXNS_ID, params: {}, createdTs: clock.nowMs() }),
      )
      jobs.start()
    },
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]()
      await accounts[Symbol.asyncDispose]()
    },
  }
}

function accountsRoutes(config: Config, clock: Clock, accounts: Accounts, rateLimits: RateLimits): Route[] {
  const uia = createUia({
    clock,
    stages: createStages(accounts),
    sessionLifetimeMs: config.limits.loginSessionLifetimeMs,
    reuseMs: config.sessions.uiAuthSessionTimeoutMs,
  })
  return [
    ...accountRoutes({ accounts, uia, defaultRoomVersion: config.rooms.defaultVersion }),
    ...loginRoutes({ accounts, uia }),
    ...registrationRoutes({ accounts, uia, rateLimits }),
    ...profileRoutes({ accounts }),
    ...deviceRoutes({ accounts, uia }),
  ]
}

function adminRoutesOf(config: Config, storage: Storage, accounts: Accounts): Route[] {
  return adminRoutes({
    accounts,
    compat: config.adminApi.compat,
    joinedRoomsOf: async (userId) =>
      (await storage.read.members.roomsOf(userId, ['join'])).map((room) => room.roomId),
  })
}
