import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { wireClientData } from '../../../client-data/wire-client-data.ts'
import { unknownToken } from '../../../errors.ts'
import { silentLoggers } from '../../../logger.ts'
import {
  createRateLimits,
  DEFAULT_RATE_LIMITS,
  type RateLimitConfig,
  type RateLimitKey,
} from '../../../rate-limit.ts'
import { requesterOf, syncFixture } from '../../../sync/fixture.ts'
import { createHttpServer } from '../../server.ts'
import { clientDataRoutes } from './routes.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

const UNLIMITED = Object.fromEntries(
  Object.keys(DEFAULT_RATE_LIMITS).map((key) => [key, { perSecond: 1e6, burst: 1e6 }]),
) as Record<RateLimitKey, { perSecond: number; burst: number }>

type FixtureOptions = NonNullable<Parameters<typeof syncFixture>[1]> & {
  rateLimits?: Partial<RateLimitConfig>
}

/** The routes of this folder's neighbours on a storage. Tokens are `name` or `name/device`. */
export async function testServer(storage: Storage, options: FixtureOptions = {}) {
  const fixture = await syncFixture(storage, options)
  const { clock, reads, txns, typing, presence, judging, unread, notifier, sync, slidingSync } = fixture
  const rateLimits = createRateLimits({ ...UNLIMITED, ...options.rateLimits }, { clock })
  const isLocal = (userId: string) => userId.endsWith(':test')
  const verbs = wireClientData({
    reads,
    clock,
    txns,
    rateLimits,
    isLocal,
    typing,
    presence,
    judging,
    unread,
    notifier,
  })
  const http = await createHttpServer({
    routes: clientDataRoutes({ ...verbs, sync, slidingSync }),
    limits: { maxConnections: 10 },
    authenticate: async (token) => {
      const [name, device] = token.split('/')
      if (name === undefined || name === '') throw unknownToken()
      return requesterOf(name, device === undefined ? {} : { deviceId: device })
    },
    isAdmin: async () => false,
    clock,
    log: silentLoggers()('http'),
    rateLimits,
    maxBodyBytes: 10_000_000,
    maxAnonymousBodyBytes: 100_000,
  })

  return {
    ...fixture,
    verbs,
    async call(
      token: string,
      method: 'GET' | 'PUT' | 'POST' | 'DELETE',
      path: string,
      body?: unknown,
    ): Promise<Answer> {
      const response = await http.app.inject({
        method,
        url: path.startsWith('/_matrix/') ? path : `/_matrix/client/v3${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      return { status: response.statusCode, body: JSON.parse(response.payload) }
    },
    /** Makes a device known, as a log-in does. */
    device: (userId: UserId, deviceId: string) =>
      storage.write((tx) => tx.devices.ensure(userId, deviceId, null, clock.nowMs())),
    [Symbol.asyncDispose]: () => http.close(),
  }
}

export const enc = encodeURIComponent
