import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { ask, ECHO, refused, start } from './server-fixture.ts'

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
    ['null', 'M_BAD_JSON'], // where a body may be left out it counts as none
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

test('null is no body where there need not be one', async (t) => {
  const server = await start(t)

  const answer = await ask(server, 'POST', '/_synapse/admin/v1/thing/x', { as: 'root', body: 'null' })

  assert.deepEqual(answer.body, { body: {} })
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

test('a request without a body has none, whatever is done with it', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false })
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const head = (method: string, path: string, as: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${as}\r\n`
  // One behind the other on one connection: nothing of the next is taken for a body of the one before.
  socket.write(
    `${head('POST', '/_matrix/media/v3/upload', 'alice')}\r\n` +
      `${head('POST', '/_synapse/admin/v1/thing/x', 'root')}\r\n` +
      `${head('PUT', ECHO, 'alice')}\r\n` +
      `${head('GET', ECHO, 'alice')}Connection: close\r\n\r\n`,
  )
  let text = ''
  for await (const chunk of socket) text += chunk

  const bodies = [...text.matchAll(/^\{.*?\}(?=HTTP|$)/gm)].map(([body]) => JSON.parse(body))
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '200', '400', '200'],
  )
  assert.deepEqual(bodies[0], { total: 0 })
  assert.deepEqual(bodies[1], { body: {} })
  assert.equal(bodies[2].errcode, 'M_NOT_JSON')
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
