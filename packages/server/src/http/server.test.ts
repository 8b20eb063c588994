import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { Type } from 'typebox'
import { manualClock } from '../clock.ts'
import { unknownToken } from '../errors.ts'
import { silentLoggers } from '../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import { bytes, json, rawJson } from './answer.ts'
import { queryInt, queryString } from './query.ts'
import { adminRoute, clientRoute, type Route } from './route.ts'
import { createHttpServer, type HttpServer } from './server.ts'

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
      pollStarted.resolve()
      if (!signal.aborted) await once(signal, 'abort')
      pollAborted.resolve()
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

let pollStarted = Promise.withResolvers<void>()
let pollAborted = Promise.withResolvers<void>()

async function start(t: TestContext): Promise<HttpServer> {
  const server = await createHttpServer({
    routes,
    authenticate: async (token) => {
      const found = requesters[token]
      if (found === undefined) throw unknownToken()
      return found
    },
    isAdmin: async (userId) => userId === '@root:test',
    clock,
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

async function ask(server: HttpServer, method: string, url: string, options: Ask = {}) {
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

async function refused(answer: ReturnType<typeof ask>, status: number, errcode: string) {
  const { status: got, errcode: code, text } = await answer
  assert.equal(got, status, text)
  assert.equal(code, errcode, text)
}

const ECHO = '/_matrix/client/v3/echo/r/k'

test('path parameters are matched raw, then percent-decoded once', async (t) => {
  const server = await start(t)
  const get = async (room: string, key: string) =>
    (await ask(server, 'GET', `/_matrix/client/v3/echo/${room}/${key}`, { as: 'alice' })).body

  assert.deepEqual(await get('!a%2Fb%3Ac', '%24e'), { roomId: '!a/b:c', key: '$e', user: '@alice:test' })
  assert.deepEqual(await get('!r:x', ''), { roomId: '!r:x', key: '', user: '@alice:test' })
  assert.deepEqual(await get('%252F', '%F0%9F%98%80'), { roomId: '%2F', key: '😀', user: '@alice:test' })
  assert.deepEqual(await get('a%00', '%25'), { roomId: 'a\0', key: '%', user: '@alice:test' })
})

test('a path that is no percent-encoded UTF-8 is refused, not crashed on', async (t) => {
  const server = await start(t)

  await refused(ask(server, 'GET', '/_matrix/client/v3/echo/%zz/k', { as: 'alice' }), 400, 'M_INVALID_PARAM')
  await refused(ask(server, 'GET', '/_matrix/client/v3/echo/%ff/k', { as: 'alice' }), 400, 'M_INVALID_PARAM')
})

test('v3 paths answer under r0 and unstable too, media under r0 and v1', async (t) => {
  const server = await start(t)

  for (const prefix of ['client/r0', 'client/unstable', 'client/v3'])
    assert.equal((await ask(server, 'GET', `/_matrix/${prefix}/raw`)).text, '{"a": 1}')
  for (const prefix of ['r0', 'v1', 'v3'])
    assert.equal((await ask(server, 'POST', `/_matrix/media/${prefix}/upload`, { as: 'alice' })).status, 200)
  await refused(ask(server, 'GET', '/_matrix/client/v1/raw'), 404, 'M_UNRECOGNIZED')
})

test('an unknown path is 404 and a known path under another method 405', async (t) => {
  const server = await start(t)

  await refused(ask(server, 'GET', '/_matrix/client/v3/nothing'), 404, 'M_UNRECOGNIZED')
  await refused(ask(server, 'GET', '/'), 404, 'M_UNRECOGNIZED')
  await refused(ask(server, 'GET', `${ECHO}/more`), 404, 'M_UNRECOGNIZED')
  await refused(ask(server, 'DELETE', ECHO), 405, 'M_UNRECOGNIZED')
  await refused(ask(server, 'PATCH', ECHO, { body: '{}' }), 405, 'M_UNRECOGNIZED')
  await refused(ask(server, 'PROPFIND', ECHO), 405, 'M_UNRECOGNIZED')
})

test('HEAD is GET without a body', async (t) => {
  const server = await start(t)

  const answer = await ask(server, 'HEAD', '/_matrix/client/v3/raw')

  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-length'], '8')
  assert.equal(answer.text, '')
})

test('OPTIONS needs no token, and every answer carries the CORS headers', async (t) => {
  const server = await start(t)

  const preflight = await ask(server, 'OPTIONS', '/_synapse/admin/v1/thing/x')
  assert.equal(preflight.status, 204)
  for (const answer of [
    preflight,
    await ask(server, 'GET', ECHO),
    await ask(server, 'GET', '/_matrix/unknown'),
    await ask(server, 'GET', '/_matrix/client/v3/echo/%zz/k'),
    await ask(server, 'GET', '/_matrix/client/v3/raw'),
  ]) {
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.match(String(answer.headers['access-control-allow-headers']), /Authorization/)
    assert.match(String(answer.headers['access-control-allow-methods']), /DELETE/)
  }
})

test('the token comes in the header or the query, never in both', async (t) => {
  const server = await start(t)

  assert.equal((await ask(server, 'GET', ECHO, { as: 'alice' })).status, 200)
  assert.equal((await ask(server, 'GET', `${ECHO}?access_token=alice`)).status, 200)
  await refused(ask(server, 'GET', ECHO), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=`), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=alice`, { as: 'alice' }), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'GET', `${ECHO}?access_token=a&access_token=b`), 401, 'M_MISSING_TOKEN')
  for (const authorization of ['Bearer', 'Bearer ', 'bearer alice', 'Bearer a b', 'Basic alice', 'alice'])
    await refused(ask(server, 'GET', ECHO, { headers: { authorization } }), 401, 'M_MISSING_TOKEN')
})

test('a token that is unknown or past its time is told apart by soft_logout', async (t) => {
  const server = await start(t)

  const unknown = await ask(server, 'GET', ECHO, { as: 'nobody' })
  assert.deepEqual(
    [unknown.status, unknown.errcode, unknown.body['soft_logout']],
    [401, 'M_UNKNOWN_TOKEN', false],
  )
  const expired = await ask(server, 'GET', ECHO, { as: 'expired' })
  assert.deepEqual(
    [expired.status, expired.errcode, expired.body['soft_logout']],
    [401, 'M_UNKNOWN_TOKEN', true],
  )
})

test('locked accounts and guests come in only where they may', async (t) => {
  const server = await start(t)

  const locked = await ask(server, 'GET', ECHO, { as: 'locked' })
  assert.deepEqual([locked.status, locked.errcode, locked.body['soft_logout']], [401, 'M_USER_LOCKED', true])
  assert.equal((await ask(server, 'PUT', ECHO, { as: 'locked', body: '{"name":"x"}' })).status, 200)
  await refused(ask(server, 'GET', ECHO, { as: 'guest' }), 403, 'M_GUEST_ACCESS_FORBIDDEN')
  assert.equal((await ask(server, 'PUT', ECHO, { as: 'guest', body: '{"name":"x"}' })).status, 200)
})

test('checks run in order: token, admin flag, query, body', async (t) => {
  const server = await start(t)
  const url = '/_synapse/admin/v1/thing/@a:b'

  await refused(ask(server, 'POST', `${url}?limit=x`, { body: '{' }), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'POST', `${url}?limit=x`, { as: 'alice', body: '{' }), 403, 'M_FORBIDDEN')
  await refused(ask(server, 'POST', `${url}?limit=x`, { as: 'root', body: '{' }), 400, 'M_INVALID_PARAM')
  await refused(ask(server, 'POST', url, { as: 'root', body: '{' }), 400, 'M_NOT_JSON')
  assert.deepEqual((await ask(server, 'POST', url, { as: 'root', body: '{"erase":true}' })).body, {
    body: { erase: true },
  })
  assert.deepEqual((await ask(server, 'POST', url, { as: 'root' })).body, { body: {} })
})

test('optional tokens may be absent but not wrong', async (t) => {
  const server = await start(t)

  assert.deepEqual((await ask(server, 'GET', '/_matrix/client/v3/optional?q=a+b%21&q=c')).body, {
    user: null,
    q: 'a b!',
  })
  assert.equal(
    (await ask(server, 'GET', '/_matrix/client/v3/optional', { as: 'alice' })).body['user'],
    '@alice:test',
  )
  await refused(ask(server, 'GET', '/_matrix/client/v3/optional', { as: 'nobody' }), 401, 'M_UNKNOWN_TOKEN')
})

test('bodies are checked as they are, without conversion', async (t) => {
  const server = await start(t)
  const put = (body: string | Buffer) => ask(server, 'PUT', ECHO, { as: 'alice', body })

  assert.deepEqual((await put('{"name":"x","maybe":null,"other":[1.5]}')).body, {
    room: 1,
    limit: 10,
    body: { name: 'x', maybe: null, other: [1.5] },
  })
  for (const [body, errcode] of [
    ['', 'M_NOT_JSON'],
    ['{', 'M_NOT_JSON'],
    [Buffer.from([0x22, 0xff, 0x22]), 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['null', 'M_BAD_JSON'],
    ['"x"', 'M_BAD_JSON'],
    ['{"name":"\\ud800"}', 'M_BAD_JSON'],
    ['{"name":"x","other":1e400}', 'M_BAD_JSON'],
    [`{"name":"x","a":${'['.repeat(3000)}${']'.repeat(3000)}}`, 'M_BAD_JSON'],
    ['{}', 'M_MISSING_PARAM'],
    ['{"nested":{}}', 'M_MISSING_PARAM'],
    ['{"name":1}', 'M_BAD_JSON'],
    ['{"name":"x","nested":{"flag":"true"}}', 'M_BAD_JSON'],
    ['{"nested":{"flag":1}}', 'M_BAD_JSON'],
  ] as const)
    await refused(put(body), 400, errcode)
})

test('what is wrong with a body is named', async (t) => {
  const server = await start(t)
  const message = async (body: string) =>
    (await ask(server, 'PUT', ECHO, { as: 'alice', body })).body['error']

  assert.equal(await message('{"nested":{}}'), 'Missing params: name, nested.flag')
  assert.equal(await message('{"name":"x","nested":{"flag":"true"}}'), "'nested.flag' must be boolean")
  assert.equal(await message('{"name":"x","maybe":"1"}'), "'maybe' must be integer or null")
})

test('a __proto__ member is data and changes no object', async (t) => {
  const server = await start(t)

  const answer = await ask(server, 'PUT', ECHO, {
    as: 'alice',
    body: '{"name":"x","__proto__":{"polluted":1}}',
  })

  assert.equal(answer.status, 200)
  assert.match(answer.text, /"__proto__":\{"polluted":1\}/)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('any Content-Type is taken as JSON, also a malformed one', async (t) => {
  const server = await start(t)

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'garbage;;=', ''])
    assert.equal(
      (
        await ask(server, 'PUT', ECHO, {
          as: 'alice',
          body: '{"name":"x"}',
          headers: { 'content-type': type },
        })
      ).status,
      200,
      type,
    )
})

test('bodies past the limit are 413, announced or not', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  const long = JSON.stringify({ name: 'x'.repeat(10_000) })

  await refused(ask(server, 'PUT', ECHO, { as: 'alice', body: long }), 413, 'M_TOO_LARGE')
  await refused(
    ask(server, 'POST', '/_synapse/admin/v1/thing/x', { as: 'root', body: long.slice(0, 101) }),
    413,
    'M_TOO_LARGE',
  )
  await refused(
    ask(server, 'POST', '/_matrix/client/v3/anonymous', { body: long.slice(0, 51) }),
    413,
    'M_TOO_LARGE',
  )
  const chunked = await fetch(url + ECHO, {
    method: 'PUT',
    headers: { authorization: 'Bearer alice' },
    body: Readable.toWeb(Readable.from([Buffer.from(long), Buffer.from(long)])) as ReadableStream,
    duplex: 'half',
  } as RequestInit & { duplex: 'half' })
  assert.equal(chunked.status, 413)
  const uploaded = await ask(server, 'POST', '/_matrix/media/v3/upload', {
    as: 'alice',
    body: 'x'.repeat(1001),
  })
  assert.equal(uploaded.errcode, 'M_TOO_LARGE')
})

test('streams go in and out', async (t) => {
  const server = await start(t)

  const uploaded = await ask(server, 'POST', '/_matrix/media/v3/upload', {
    as: 'alice',
    body: 'x'.repeat(1000),
    headers: { 'content-type': 'image/png' },
  })
  assert.deepEqual(uploaded.body, { total: 1000, type: 'image/png' })
  assert.equal((await ask(server, 'GET', '/_matrix/client/v3/download')).text, 'abcdef')
  assert.equal((await ask(server, 'HEAD', '/_matrix/client/v3/download')).text, '')
})

test('unexpected errors become 500 without a detail, storage errors what they mean', async (t) => {
  const server = await start(t)

  const unexpected = await ask(server, 'GET', '/_matrix/client/v3/fails/TypeError')
  assert.equal(unexpected.status, 500)
  assert.deepEqual(unexpected.body, { errcode: 'M_UNKNOWN', error: 'Internal server error' })
  await refused(ask(server, 'GET', '/_matrix/client/v3/fails/UnstorableTextError'), 400, 'M_INVALID_PARAM')
  await refused(ask(server, 'GET', '/_matrix/client/v3/fails/NotFoundError'), 404, 'M_NOT_FOUND')
})

test('too many requests are 429 and say in both ways how long to wait', async (t) => {
  const server = await start(t)
  const post = () => ask(server, 'POST', '/_matrix/client/v3/anonymous', { body: '{}' })

  for (let i = 0; i < 3; i++) assert.equal((await post()).status, 201)
  const limited = await post()

  assert.deepEqual([limited.status, limited.errcode], [429, 'M_LIMIT_EXCEEDED'])
  assert.equal(limited.body['retry_after_ms'], 5883) // one token at 0.17 a second
  assert.equal(limited.headers['retry-after'], '6')
})

test('a handler learns that its client has gone', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  pollStarted = Promise.withResolvers()
  pollAborted = Promise.withResolvers()

  const client = httpRequest(`${url}/_matrix/client/v3/poll`).on('error', () => {})
  client.end()
  await pollStarted.promise
  client.destroy()

  await pollAborted.promise
})

test('stopping wakes long polls, answers them, and takes no more connections', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  pollStarted = Promise.withResolvers()

  const poll = fetch(`${url}/_matrix/client/v3/poll`)
  await pollStarted.promise
  const closed = server.close()

  assert.deepEqual(await (await poll).json(), { woken: true })
  await closed
  await assert.rejects(fetch(`${url}/health`))
})

test('bytes that are no HTTP are answered with 400 JSON', async (t) => {
  const server = await start(t)
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false }))

  const socket = connect(Number(port), '127.0.0.1')
  socket.end('HELLO\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk

  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /"errcode":"M_UNKNOWN"/)
})

test('X-Forwarded-For counts only where the listener says so, and only its last entry', async (t) => {
  const server = await start(t)
  const plain = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  const proxied = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: true })
  const headers = { 'x-forwarded-for': '6.6.6.6, 1.2.3.4', 'user-agent': 'tester' }
  const ip = async (url: string) => (await fetch(`${url}/_matrix/client/v3/ip`, { headers })).json()

  assert.deepEqual(await ip(plain), { ip: '127.0.0.1', agent: 'tester' })
  assert.deepEqual(await ip(proxied), { ip: '1.2.3.4', agent: 'tester' })
})

test('a listener serves what it is for', async (t) => {
  const server = await start(t)
  const address = { host: '127.0.0.1', port: 0, xForwarded: false }
  const url = await server.listen({ ...address, servesClients: false })
  const status = async (path: string) => (await fetch(url + path)).status

  assert.equal(await status('/health'), 200)
  assert.equal(await status('/_matrix/client/v3/raw'), 404)
})

test('/health answers OK', async (t) => {
  const server = await start(t)

  assert.equal((await ask(server, 'GET', '/health')).text, 'OK')
})
