import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { itemsOf } from '@ranvier/admin-api/client/items'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { repeatedUntil } from '@ranvier/testkit/eventually'
import { type AdminEvents, adminEvents } from '../../../admin-events/admin-events.ts'
import { manualClock } from '../../../clock.ts'
import { silentLoggers } from '../../../logger.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../../../rate-limit.ts'
import type { Requester } from '../../../requester.ts'
import { createHttpServer } from '../../server.ts'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'
import { adminEventsRoute } from './routes.ts'

const PATH = '/_ranvier/admin/v1/events'
const HEARTBEAT_MS = 15_000

interface Told {
  event: string
  data: Record<string, unknown>
}

databaseMatrix((open) => {
  test('a stream ends, and says so, when its listener is no administrator any more', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const root = await server.person('root', { admin: true })
    const admin = await server.person('admin', { admin: true })
    const stream = await listen(server, admin.token)

    await server.ok('PUT', `/_synapse/admin/v1/users/${admin.userId}/admin`, {
      token: root.token,
      body: { admin: false },
    })

    // No time passes: what was changed is a row of the audit log, which wakes the stream.
    assert.deepEqual((await stream.rest()).at(-1), { event: 'end', data: { reason: 'access_ended' } })
  })

  test('a stream ends when its session is logged out, and when its token is revoked', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const other = await server.person('other', { admin: true })
    const made = await makeToken(server, other, null)
    const [ofSession, ofToken] = [await listen(server, admin.token), await listen(server, made.token)]

    await server.ok('POST', '/logout', { token: admin.token, body: {} })
    await server.ok('DELETE', `/_ranvier/admin/v1/tokens/${made.id}`, { token: other.token })

    assert.deepEqual((await ofToken.rest()).at(-1)?.data, { reason: 'access_ended' })
    assert.deepEqual((await ofSession.rest(() => server.clock.advance(HEARTBEAT_MS))).at(-1)?.data, {
      reason: 'access_ended',
    })
  })

  test('a stream ends at the moment when its token expires', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const expiresTs = server.clock.nowMs() + 5_000
    const stream = await listen(server, (await makeToken(server, admin, expiresTs)).token)

    server.clock.advance(expiresTs - server.clock.nowMs())

    assert.deepEqual((await stream.rest()).at(-1)?.data, { reason: 'access_ended' })
  })

  test('a stream says that the server stops', async () => {
    await using storage = await open()
    const server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const stream = await listen(server, admin.token)

    const [told] = await Promise.all([stream.rest(), server[Symbol.asyncDispose]()])

    assert.deepEqual(told.at(-1), { event: 'end', data: { reason: 'stopping' } })
  })

  test('a comment keeps a quiet stream open, and no more streams are open than the configuration allows', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, {
      config: (config) => ({ ...config, limits: { ...config.limits, maxEventStreams: 2 } }),
    })
    const admin = await server.person('admin', { admin: true })
    const url = (await server.listen()) + PATH
    const first = await fetch(url, withToken(admin.token))
    const chunks = first.body!.getReader()
    assert.match(await textOf(chunks), /^id: e1_\S+\n\n/)
    // Between them there may be events, of jobs that are due as time passes.
    const hasComment = async () => {
      for (let text = '\n\n'; !text.includes('\n\n:\n\n'); ) text += await textOf(chunks)
    }
    await repeatedUntil(hasComment(), async () => {
      server.clock.advance(HEARTBEAT_MS)
      await server.jobsDone()
    })

    const second = await fetch(url, withToken(admin.token))
    const refused = await fetch(url, withToken(admin.token))
    assert.equal(refused.status, 429)
    assert.equal(((await refused.json()) as { errcode: string }).errcode, 'M_LIMIT_EXCEEDED')
    await second.body!.cancel()
    for (;;) {
      // That it has gone away is known a moment later.
      const again = await fetch(url, withToken(admin.token))
      await again.body!.cancel()
      if (again.status === 200) break
    }
    await chunks.cancel()
  })

  test('for a reader that does not read little is fetched, and then it is cut', async () => {
    await using storage = await open()
    const clock = manualClock()
    // As a backlog: each event is larger than what the kernel takes of many small ones.
    const [events, size] = [300, 200_000]
    const tokenId = await storage.write(async (tx) => {
      await tx.accounts.create({ userId: ROOT, createdTs: 1, passwordHash: null, admin: true })
      for (let i = 0; i < events; i++) {
        await tx.jobs.enqueue('long', { id: `job${i}`, params: {}, createdTs: 1 })
        await tx.jobs.finish(`job${i}`, 'x'.repeat(size), 1)
      }
      return tx.tokens.addAccess({
        userId: ROOT,
        deviceId: null,
        tokenHash: 'hash',
        validUntilMs: null,
        createdTs: 1,
      })
    })
    const counted = counting(adminEvents({ storage, clock, maxStreams: 1, auditData: (row) => row }))
    const serve = (unreadStreamMs: number) =>
      createHttpServer({
        routes: [adminEventsRoute({ adminEvents: counted.events, unreadStreamMs })],
        authenticate: async () => ({ ...requester, tokenId }),
        isAdmin: async () => true,
        clock,
        log: silentLoggers()('http'),
        rateLimits: createRateLimits(DEFAULT_RATE_LIMITS, { clock }),
        limits: { maxConnections: 10 },
        maxBodyBytes: 1_000,
        maxAnonymousBodyBytes: 1_000,
      })
    const [impatient, patient] = [await serve(300), await serve(60_000)]
    try {
      const url = new URL(await impatient.listen({ host: '127.0.0.1', port: 0, xForwarded: false }))
      const socket = connect(Number(url.port), url.hostname).on('error', () => {})
      socket.pause()
      socket.write(
        `GET ${PATH}?since=e1_0_0_0_0 HTTP/1.1\r\nhost: test\r\nauthorization: Bearer root\r\n\r\n`,
      )

      await counted.closed

      assert.ok(counted.given > 0 && counted.given < events / 2, `${counted.given} events were fetched`)
      // Its place is free again, and who reads gets all.
      const other = await patient.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
      const answer = await fetch(`${other}${PATH}?since=e1_0_0_0_0`, withToken('root'))
      let last: unknown
      for (const items = itemsOf(answer, 'events'); (last as Told)?.data?.['id'] !== `job${events - 1}`; )
        last = (await items.next()).value
      socket.destroy()
    } finally {
      await Promise.all([impatient.close(), patient.close()])
    }
  })
})

const ROOT = '@root:test' as UserId
const requester: Requester = {
  userId: ROOT,
  deviceId: null,
  tokenId: 0,
  isGuest: false,
  shadowBanned: false,
  suspended: false,
  locked: false,
  puppetedBy: null,
  appserviceId: null,
  accessTokenValidUntilMs: null,
}

const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

async function makeToken(server: WholeServer, { token }: Person, expiresTs: number | null) {
  const body = { name: 'script', scopes: ['*:read'], expires_ts: expiresTs }
  const made = await server.ok('POST', '/_ranvier/admin/v1/tokens', { token, body })
  return { token: made.token as string, id: made.details.id as number }
}

/** A stream that is open: what happens from now on is in it. */
async function listen(server: WholeServer, token: string) {
  const answer = await fetch((await server.listen()) + PATH, withToken(token))
  assert.equal(answer.status, 200)
  return {
    /** All that comes, to the end; meanwhile `turn` is called again and again. */
    async rest(turn?: () => void): Promise<Told[]> {
      const told: Told[] = []
      const all = (async () => {
        for await (const item of itemsOf(answer, 'events')) {
          const { event, data } = item as Told
          told.push({ event, data })
        }
      })()
      await repeatedUntil(all, turn)
      return told
    },
  }
}

async function textOf(chunks: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  return Buffer.from((await chunks.read()).value ?? []).toString()
}

/** The same, and how many events it has given out; `closed` once its first stream is. */
function counting(inner: AdminEvents) {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const counted = { given: 0, closed, events: inner }
  counted.events = {
    ...inner,
    listen(...args) {
      const { events, close } = inner.listen(...args)
      async function* passed() {
        for await (const event of events) {
          counted.given++
          yield event
        }
      }
      return {
        events: passed(),
        close() {
          close()
          resolve()
        },
      }
    },
  }
  return counted
}
