import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { manualClock } from '../clock.ts'
import { type AddressRanges, DEFAULT_BLOCKED_RANGES } from './address-policy.ts'
import { type LookupAll, OutboundClient, type OutboundOptions, type OutboundRequest } from './client.ts'
import { OutboundError } from './outbound-error.ts'

const OPEN: AddressRanges = { blocked: DEFAULT_BLOCKED_RANGES, allowed: ['127.0.0.1'] }
const CLOSED: AddressRanges = { blocked: DEFAULT_BLOCKED_RANGES, allowed: [] }

async function site(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const clientOf = (options: Partial<OutboundOptions> = {}) =>
  new OutboundClient({ clock: manualClock(), addresses: OPEN, userAgent: 'Ranvier', ...options })

const get = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  timeoutMs: 10_000,
  maxResponseBytes: 1_000,
  ...more,
})

const failsWith = (reason: string) => (error: unknown) => {
  assert.ok(error instanceof OutboundError, String(error))
  assert.equal(error.reason, reason)
  return true
}

const resolvingTo =
  (...addresses: string[]): LookupAll =>
  (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

test('a request is sent as it is and its answer comes back, whatever the status', async () => {
  await using there = await site(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    response.writeHead(418, { 'content-type': 'text/plain' })
    response.end([method, url, headers['user-agent'], headers['x-own'], Buffer.concat(chunks)].join(' '))
  })
  await using client = clientOf()

  const request = { method: 'POST', body: 'hello', headers: { 'x-own': 'yes' } } as const
  const response = await client.request(get(`${there.origin}/a?b=c`, request))

  assert.equal(response.status, 418)
  assert.equal(response.headers['content-type'], 'text/plain')
  assert.equal(response.body.toString(), 'POST /a?b=c Ranvier yes hello')
})

test('a private address is refused as a literal, behind a name and behind a redirect, before anything is sent', async () => {
  let requests = 0
  await using secret = await site((_request, response) => {
    requests++
    response.end('secret')
  })
  await using client = clientOf({ addresses: CLOSED })
  const { port } = secret
  const spellings = [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '0.0.0.0',
    'localhost',
  ]
  for (const host of spellings)
    await assert.rejects(client.request(get(`http://${host}:${port}/`)), failsWith('blocked'), host)
  await using rebinding = clientOf({ addresses: CLOSED, lookup: resolvingTo('10.0.0.1', '127.0.0.1') })
  await assert.rejects(rebinding.request(get(`http://good.test:${port}/`)), failsWith('blocked'))

  await using front = await site((_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.2:${port}/` }).end()
  })
  await using following = clientOf()
  await assert.rejects(following.request(get(front.origin, { maxRedirects: 3 })), failsWith('blocked'))
  assert.equal(requests, 0)
})

test('of the addresses of a name only those that may be connected to are', async () => {
  await using there = await site((_request, response) => response.end('here'))
  await using client = clientOf({ lookup: resolvingTo('10.255.255.1', '127.0.0.1') })

  const response = await client.request(get(`http://good.test:${there.port}/`))

  assert.equal(response.body.toString(), 'here')
})

test('redirects are followed as often as allowed, without secrets for other servers', async () => {
  const seen: (string | undefined)[] = []
  await using last = await site((request, response) => {
    seen.push(request.headers.authorization)
    response.end('end')
  })
  await using first = await site((request, response) => {
    seen.push(request.headers.authorization)
    const location = request.url === '/' ? '/again' : `${last.origin}/x`
    response.writeHead(307, { location }).end()
  })
  await using client = clientOf()
  const headers = { Authorization: 'secret' }

  const followed = await client.request(get(first.origin, { maxRedirects: 2, headers }))
  assert.deepEqual([followed.body.toString(), followed.url], ['end', `${last.origin}/x`])
  assert.deepEqual(seen, ['secret', 'secret', undefined])

  await assert.rejects(
    client.request(get(first.origin, { maxRedirects: 1 })),
    failsWith('too-many-redirects'),
  )
  assert.equal((await client.request(get(first.origin))).status, 307)
  assert.equal((await client.request(get(first.origin, { method: 'POST', maxRedirects: 2 }))).status, 307)
})

test('an answer that is too large is not read to its end, announced or not', async () => {
  await using there = await site((request, response) => {
    if (request.url === '/announced') response.writeHead(200, { 'content-length': '2000' })
    response.write(Buffer.alloc(2_000))
  })
  await using client = clientOf()

  for (const path of ['/announced', '/streamed'])
    await assert.rejects(client.request(get(`${there.origin}${path}`)), failsWith('too-large'))
})

test('who does not answer in time is given up, before and within the answer', async () => {
  const clock = manualClock()
  const arrived: (() => void)[] = []
  await using there = await site((request, response) => {
    if (request.url === '/half') response.write('half')
    arrived.shift()!()
  })
  await using client = clientOf({ clock })

  for (const path of ['/never', '/half']) {
    const arrival = new Promise<void>((resolve) => arrived.push(resolve))
    const answer = client.request(get(`${there.origin}${path}`))
    answer.catch(() => {})
    await arrival
    clock.advance(10_000)
    await assert.rejects(answer, failsWith('timeout'))
  }
})

test('the caller can give up', async () => {
  const controller = new AbortController()
  await using there = await site(() => controller.abort())
  await using client = clientOf()

  await assert.rejects(client.request(get(there.origin, { signal: controller.signal })), failsWith('aborted'))
  await assert.rejects(client.request(get(there.origin, { signal: controller.signal })), failsWith('aborted'))
})

test('no connection and no URL are errors of their own', async () => {
  await using client = clientOf()
  await using gone = await site(() => {})
  gone.server.close()
  await once(gone.server, 'close')

  await assert.rejects(client.request(get(gone.origin)), failsWith('network'))
  for (const url of ['file:///etc/passwd', 'nonsense', 'ftp://127.0.0.1/', ''])
    await assert.rejects(client.request(get(url)), failsWith('bad-url'))
})

test('an idle connection that was closed costs a repeatable request nothing', async () => {
  let requests = 0
  await using there = await site((request, response) => {
    requests++
    if (request.url === '/dies' && requests === 2) request.socket.destroy()
    else response.end('ok')
  })
  await using client = clientOf()
  await client.request(get(there.origin))

  const response = await client.request(get(`${there.origin}/dies`, { repeatable: true }))
  assert.deepEqual([response.body.toString(), requests], ['ok', 3])
})

test('so many requests to one origin at once and no more, and others need not wait for them', async () => {
  let open = 0
  let most = 0
  const waiting: ServerResponse[] = []
  await using slow = await site((_request, response) => {
    most = Math.max(most, ++open)
    waiting.push(response)
    if (waiting.length === 2) {
      for (const answer of waiting.splice(0)) {
        open--
        answer.end('slow')
      }
    }
  })
  await using quick = await site((_request, response) => response.end('quick'))
  await using client = clientOf({ perOrigin: 2 })

  const one = client.request(get(slow.origin))
  assert.equal((await client.request(get(quick.origin))).body.toString(), 'quick')
  const others = [1, 2, 3].map(() => client.request(get(slow.origin)))
  await Promise.all([one, ...others])
  assert.equal(most, 2)
})
