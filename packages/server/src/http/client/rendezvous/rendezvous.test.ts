import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { manualClock } from '../../../clock.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import { RENDEZVOUS_MS, RendezvousSessions } from '../../../rendezvous/rendezvous.ts'
import { createHttpServer } from '../../server.ts'
import { rendezvousRoutes } from './routes.ts'

const M4108 = '/_matrix/client/unstable/org.matrix.msc4108/rendezvous'
const M4388 = '/_matrix/client/unstable/io.element.msc4388/rendezvous'
const never = () => Promise.reject(new Error('nobody is asked who they are'))

async function fixture() {
  const clock = manualClock()
  const http = await createHttpServer({
    routes: rendezvousRoutes({
      sessions: new RendezvousSessions(clock),
      publicBaseUrl: 'https://matrix.test/',
    }),
    authenticate: never,
    isAdmin: never,
    clock,
    log: pino({ level: 'silent' }),
    rateLimits: createRateLimits(
      { ...DEFAULT_RATE_LIMITS, 'rc_login.address': { perSecond: 0.01, burst: 1_003 } },
      { clock, maxEntries: 10 },
    ),
    limits: { maxConnections: 10 },
    maxBodyBytes: 10_000,
    maxAnonymousBodyBytes: 10_000,
  })
  const call = async (
    method: string,
    url: string,
    payload?: string | object,
    headers: Record<string, string> = {},
  ) => {
    const type = typeof payload === 'string' ? { 'content-type': 'text/plain' } : {}
    const answer = await http.app.inject({
      method: method as 'GET',
      url,
      headers: { ...type, ...headers },
      ...(payload !== undefined && {
        payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      }),
    })
    return { status: answer.statusCode, text: answer.body, headers: answer.headers }
  }
  return { clock, call, [Symbol.asyncDispose]: () => http.close() }
}

test('MSC4108: two devices leave each other messages, none of which is lost', async () => {
  await using server = await fixture()
  const { call, clock } = server

  const made = await call('POST', M4108, 'hello')
  assert.equal(made.status, 201)
  const { url } = JSON.parse(made.text)
  assert.match(
    url,
    /^https:\/\/matrix\.test\/_matrix\/client\/unstable\/org\.matrix\.msc4108\/rendezvous\/[\w-]{24}$/,
  )
  const path = new URL(url).pathname
  const tag = String(made.headers.etag)
  assert.equal(
    Date.parse(String(made.headers.expires)),
    Math.floor((clock.nowMs() + RENDEZVOUS_MS) / 1000) * 1000,
  )

  const read = await call('GET', path)
  assert.deepEqual([read.status, read.text, read.headers.etag], [200, 'hello', tag])
  assert.equal(read.headers['content-type'], 'text/plain')
  assert.equal((await call('GET', path, undefined, { 'if-none-match': tag })).status, 304)

  const written = await call('PUT', path, 'answer', { 'if-match': tag })
  assert.equal(written.status, 202)
  assert.notEqual(written.headers.etag, tag)
  const late = await call('PUT', path, 'too late', { 'if-match': tag })
  assert.deepEqual(
    [late.status, JSON.parse(late.text)['org.matrix.msc4108.errcode']],
    [412, 'M_CONCURRENT_WRITE'],
  )
  assert.equal((await call('GET', path, undefined, { 'if-none-match': tag })).text, 'answer')

  assert.equal((await call('PUT', path, 'x')).status, 400)
  assert.equal(
    (await call('PUT', path, 'x'.repeat(4097), { 'if-match': String(written.headers.etag) })).status,
    413,
  )
  assert.equal((await call('POST', M4108, { data: 'x' })).status, 400)
  assert.equal((await call('DELETE', path)).status, 204)
  for (const method of ['GET', 'DELETE']) assert.equal((await call(method, path)).status, 404)
})

test('MSC4388: the same as JSON', async () => {
  await using server = await fixture()
  const { call, clock } = server
  assert.deepEqual(JSON.parse((await call('GET', M4388)).text), { create_available: true })

  const made = JSON.parse((await call('POST', M4388, { data: 'hello' })).text)
  assert.equal(made.expires_in_ms, RENDEZVOUS_MS)
  const path = `${M4388}/${made.id}`
  const read = JSON.parse((await call('GET', path)).text)
  assert.deepEqual(read, { data: 'hello', sequence_token: made.sequence_token, expires_in_ms: RENDEZVOUS_MS })

  const body = { sequence_token: made.sequence_token, data: 'answer' }
  const written = JSON.parse((await call('PUT', path, body)).text)
  assert.notEqual(written.sequence_token, made.sequence_token)
  const late = await call('PUT', path, { ...body, data: 'too late' })
  assert.deepEqual([late.status, JSON.parse(late.text).errcode], [409, 'IO_ELEMENT_MSC4388_CONCURRENT_WRITE'])
  assert.equal(JSON.parse((await call('GET', path)).text).data, 'answer')
  assert.equal((await call('POST', M4388, { data: 'x'.repeat(4097) })).status, 413)
  assert.equal((await call('POST', M4388, {})).status, 400)

  clock.advance(RENDEZVOUS_MS - 1)
  assert.equal((await call('GET', path)).status, 200)
  assert.equal(JSON.parse((await call('GET', path)).text).expires_in_ms, 1)
  clock.advance(1)
  assert.equal((await call('GET', path)).status, 404)
  assert.equal((await call('PUT', path, body)).status, 404)
})

test('there are so many at most, and each address makes so many', async () => {
  await using server = await fixture()
  const first = JSON.parse((await server.call('POST', M4388, { data: '' })).text)
  for (let i = 0; i < 999; i++) await server.call('POST', M4388, { data: '' })
  assert.equal((await server.call('GET', `${M4388}/${first.id}`)).status, 200)

  const last = JSON.parse((await server.call('POST', M4388, { data: '' })).text)

  assert.equal((await server.call('GET', `${M4388}/${first.id}`)).status, 404)
  assert.equal((await server.call('GET', `${M4388}/${last.id}`)).status, 200)
  await server.call('POST', M4388, { data: '' })
  await server.call('POST', M4388, { data: '' })
  assert.equal((await server.call('POST', M4388, { data: '' })).status, 429)
})
