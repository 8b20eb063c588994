import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ask, ECHO, poll, refused, start } from './server-fixture.ts'

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
  await refused(ask(server, 'GET', '/_matrix/client/v3/echo/%ff/k'), 401, 'M_MISSING_TOKEN')
  await refused(ask(server, 'POST', '/_synapse/admin/v1/thing/%ff', { as: 'alice' }), 403, 'M_FORBIDDEN')
  await refused(
    ask(server, 'DELETE', '/_matrix/client/v3/echo/%ff/k', { as: 'alice' }),
    405,
    'M_UNRECOGNIZED',
  )
  await refused(ask(server, 'GET', '/_matrix/%ff', { as: 'alice' }), 404, 'M_UNRECOGNIZED')
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

test('an answer in pieces arrives whole, however long it is', async (t) => {
  const server = await start(t)
  for (const length of [1, 10_000, 1_000_000]) {
    const path = `/_matrix/client/v3/long/${length}`
    const bytes = String('{"a":"","b":""}'.length + 3 * length)

    const answers = await Promise.all([ask(server, 'GET', path), ask(server, 'GET', path)])
    const head = await ask(server, 'HEAD', path)

    for (const { body, headers } of answers) {
      assert.deepEqual(body, { a: 'é'.repeat(length), b: 'b'.repeat(length) })
      assert.equal(headers['content-length'], bytes)
    }
    assert.equal(head.headers['content-length'], bytes)
    assert.equal(head.text, '')
  }
})

test('an answer, a refusal too, waits until what may have been read for it is on disk', async (t) => {
  for (const [method, status] of [
    ['GET', 200],
    ['PUT', 400],
  ] as const) {
    const flush = Promise.withResolvers<void>()
    const server = await start(t, { unflushed: () => flush.promise })
    let isAnswered = false
    const asking = ask(server, method, ECHO, { as: 'alice', ...(method === 'PUT' && { body: '{}' }) }).then(
      (answer) => {
        isAnswered = true
        return answer
      },
    )

    for (let i = 0; i < 20; i++) await setImmediate()
    assert.equal(isAnswered, false)
    flush.resolve()
    assert.equal((await asking).status, status)
  }
})

test('a list of administrators gives way before it is read and before it is sent, and nothing else does', async (t) => {
  const waiting: PromiseWithResolvers<void>[] = []
  const giveWay = () => {
    waiting.push(Promise.withResolvers())
    return waiting.at(-1)!.promise
  }
  const server = await start(t, { giveWay })
  const asking = ask(server, 'GET', '/_synapse/admin/v1/things?limit=3', { as: 'root' })

  for (const piece of [1, 2]) {
    while (waiting.length < piece) await setImmediate()
    assert.equal((await ask(server, 'GET', ECHO, { as: 'root' })).status, 200, 'others are answered')
    waiting[piece - 1]!.resolve()
  }
  assert.deepEqual((await asking).body, { limit: 3 })
  assert.equal((await ask(server, 'POST', '/_synapse/admin/v1/thing/x', { as: 'root' })).status, 200)
  assert.equal(waiting.length, 2)
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

test('unexpected errors become 500 without a detail, storage errors what they mean', async (t) => {
  const server = await start(t)

  const unexpected = await ask(server, 'GET', '/_matrix/client/v3/fails/TypeError')
  assert.equal(unexpected.status, 500)
  assert.deepEqual(unexpected.body, { errcode: 'M_UNKNOWN', error: 'Internal server error' })
  await refused(ask(server, 'GET', '/_matrix/client/v3/fails/UnstorableTextError'), 400, 'M_INVALID_PARAM')
  await refused(ask(server, 'GET', '/_matrix/client/v3/fails/UnstorableNumberError'), 400, 'M_INVALID_PARAM')
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
  poll.started = Promise.withResolvers()
  poll.aborted = Promise.withResolvers()

  const client = httpRequest(`${url}/_matrix/client/v3/poll`).on('error', () => {})
  client.end()
  await poll.started.promise
  client.destroy()

  await poll.aborted.promise
})

test('stopping wakes long polls, answers them, and takes no more connections', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  poll.started = Promise.withResolvers()

  const polling = fetch(`${url}/_matrix/client/v3/poll`)
  await poll.started.promise
  const closed = server.close()

  assert.deepEqual(await (await polling).json(), { woken: true })
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

test('who is refused while still sending may send on: the connection is not reset over the answer', async (t) => {
  const server = await start(t)
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false }))
  const length = 8 * 1024 * 1024
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`PUT ${ECHO} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`)

  let text = ''
  for await (const chunk of socket) {
    if (text === '') socket.write(Buffer.alloc(length, ' '))
    text += chunk
  }

  assert.match(text, /^HTTP\/1\.1 40[15] /)
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
