import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { Type } from '@ranvier/admin-api/schema'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { manualClock } from '../clock.ts'
import { unknownToken } from '../errors.ts'
import { silentLoggers } from '../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import { bytes, json, rawJson } from './answer.ts'
import { queryInt, queryString } from './query.ts'
import { adminRoute, clientRoute, type Route } from './route.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts'

const clock = manualClock()

function requester(name: string, more: Partial<Requester> = {}): Requester {
  return {
    userId: `@${name}:test` as UserId, // made up here, well formed
    deviceId: 'DEV',
    tokenId: 1,
    isGuest: false,
    shadowBanned: false,
    suspended: false,
    locked: false,
    puppetedBy: null,
    appserviceId: null,
    accessTokenValidUntilMs: null,
    ...more,
  }
}

const requesters: Record<string, Requester> = {
  alice: requester('alice'),
  root: requester('root'),
  guest: requester('guest', { isGuest: true }),
  locked: requester('locked', { locked: true }),
  expired: requester('expired', { accessTokenValidUntilMs: clock.nowMs() - 1 }),
}

const routes: Route[] = [
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/echo/:roomId/:key',
    auth: 'user',
    handler: ({ params, requester }) => ({ ...params, user: requester.userId }),
  }),
  clientRoute({
    method: 'PUT',
    path: '/_matrix/client/v3/echo/:room/:key',
    auth: 'guest-ok',
    allowLocked: true,
    params: {
      room: (raw: string) => raw.length,
    },
    query: (q) => ({ limit: queryInt(q, 'limit', { default: 10 }) }),
    body: Type.Object({
      name: Type.String(),
      nested: Type.Optional(Type.Object({ flag: Type.Boolean() })),
      maybe: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    }),
    handler: ({ params, query, body }) => ({ room: params.room, limit: query.limit, body }),
  }),
  adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/thing/:userId',
    query: (q) => queryInt(q, 'limit'),
    body: Type.Object({ erase: Type.Optional(Type.Boolean()) }),
    emptyBody: true,
    maxBodyBytes: 100,
    handler: ({ body }) => ({ body }),
  }),
  adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/things',
    query: (q) => queryInt(q, 'limit'),
    handler: ({ query }) => ({ limit: query }),
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/optional',
    auth: 'optional',
    handler: ({ requester, query }) => ({ user: requester?.userId ?? null, q: queryString(query, 'q') }),
  }),
  clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/anonymous',
    auth: 'none',
    rateLimitByIp: 'rc_registration',
    body: Type.Object({}),
    handler: () => json(201, { made: true }, { 'x-made': '1' }),
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/raw',
    auth: 'none',
    handler: () => rawJson('{"a": 1}'),
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/long/:length',
    auth: 'none',
    handler({ params }) {
      const length = Number(params.length)
      return rawJson(['{"a":"', 'é'.repeat(length), '","b":"', 'b'.repeat(length), '"}'])
    },
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/fails/:how',
    auth: 'none',
    handler: ({ params }) => {
      const error = new Error('secret detail')
      error.name = params.how
      throw error
    },
  }),
  clientRoute({
    method: 'POST',
    path: '/_matrix/media/v3/upload',
    auth: 'user',
    async handler({ request }) {
      let total = 0
      for await (const chunk of request.bodyStream(1000)) total += chunk.length
      return { total, type: request.headers['content-type'] }
    },
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/download',
    auth: 'none',
    handler: () =>
      bytes(Readable.from([Buffer.from('abc'), Buffer.from('def')]), { 'content-type': 'text/plain' }),
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/poll',
    auth: 'none',
    async handler({ request }) {
      const { signal } = request
      poll.started.resolve()
      if (!signal.aborted) await once(signal, 'abort')
      poll.aborted.resolve()
      return { woken: true }
    },
  }),
  clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/ip',
    auth: 'none',
    handler: ({ request }) => ({ ip: request.ip, agent: request.userAgent }),
  }),
]

/** What the long poll of the fixture has come to; tests set it anew. */
export const poll = { started: Promise.withResolvers<void>(), aborted: Promise.withResolvers<void>() }

/** A server with routes of every kind, and requesters named by their tokens. */
export async function start(
  t: TestContext,
  options: Partial<Pick<HttpServerOptions, 'unflushed' | 'giveWay' | 'isAdmin'>> = {},
): Promise<HttpServer> {
  const server = await createHttpServer({
    routes,
    authenticate: async (token) => {
      const found = requesters[token]
      if (found === undefined) throw unknownToken()
      return found
    },
    isAdmin: async (userId) => userId === '@root:test',
    clock,
    ...options,
    log: silentLoggers()('http'),
    rateLimits: createRateLimits(DEFAULT_RATE_LIMITS, { clock }),
    maxBodyBytes: 10_000,
    maxAnonymousBodyBytes: 50,
    limits: { maxConnections: 100 },
  })
  t.after(() => server.close())
  return server
}

interface Ask {
  as?: string
  body?: string | Buffer
  headers?: Record<string, string>
}

export async function ask(server: HttpServer, method: string, url: string, options: Ask = {}) {
  const answer = await server.app.inject({
    method: method as 'GET', // `inject` also takes methods its type does not list
    url,
    headers: { ...(options.as ? { authorization: `Bearer ${options.as}` } : {}), ...options.headers },
    ...(options.body === undefined ? {} : { payload: options.body }),
  })
  const isJson = answer.headers['content-type'] === 'application/json' && answer.body !== ''
  const body: Record<string, unknown> = isJson ? answer.json() : {}
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body,
    errcode: body['errcode'],
  }
}

export async function refused(answer: ReturnType<typeof ask>, status: number, errcode: string) {
  const { status: got, errcode: code, text } = await answer
  assert.equal(got, status, text)
  assert.equal(code, errcode, text)
}

/** GET for users, PUT for anyone with a token. */
export const ECHO = '/_matrix/client/v3/echo/r/k'
