import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { type MediaTestServer, mediaTestServer, type RequestBody } from './test-server.ts'

const MiB = 1024 * 1024
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
const pathOf = (hash: string) => `content/${hash.slice(0, 2)}/${hash.slice(2)}`

/** Begins an upload on a bare socket, and breaks it off when some of it has been written to disk. What came back. */
async function breakOff(
  server: MediaTestServer,
  { header, body, how }: { header: string; body: string; how: 'end' | 'destroy' },
): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => (received += chunk.toString())).on('error', () => {})
  await once(socket, 'connect')
  const head = ['POST /_matrix/media/v3/upload HTTP/1.1', 'Host: x', 'Authorization: Bearer alice', header]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  await until(() => server.listFiles().length > 0)
  const closed = once(socket, 'close')
  socket[how]()
  await closed
  await until(() => server.listFiles().length === 0)
  return received
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'it never came to that')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('an upload is kept under its hash, with what the client said of it', async () => {
  await using server = await mediaTestServer()
  const content = randomBytes(1000)

  const answer = await server.ask('POST', '/_matrix/media/v3/upload?filename=na%C3%AFve%20name.bin', {
    as: 'alice',
    body: content,
    headers: { 'content-type': 'Application/X-Thing; a=b' },
  })

  assert.equal(answer.status, 200)
  assert.match(answer.json.content_uri, /^mxc:\/\/test\/[A-Za-z0-9_-]{24}$/)
  assert.deepEqual(server.listFiles(), [pathOf(sha256(content))])
  const media = await server.media.reads.find(answer.json.content_uri.slice('mxc://test/'.length))
  assert.equal(media?.uploadName, 'naïve name.bin')
  assert.equal(media?.mediaType, 'Application/X-Thing; a=b')
  assert.equal(media?.mediaLength, 1000)
  assert.equal(media?.userId, '@alice:test')
  assert.equal(media?.createdTs, server.clock.nowMs())
})

test('equal contents are one file and two URIs', async () => {
  await using server = await mediaTestServer()

  const first = await server.upload('same')
  const second = await server.upload('same')

  assert.notEqual(first, second)
  assert.equal(server.listFiles().length, 1)
  await server.media.delete([first])
  assert.equal((await server.download(second)).bytes.toString(), 'same')
  await server.media.delete([second])
  assert.deepEqual(server.listFiles(), [])
})

test('equal contents uploaded and deleted at the same time never lose one that is left', async () => {
  await using server = await mediaTestServer()
  for (let round = 0; round < 10; round++) {
    const old = await server.upload('contended')
    const [, kept] = await Promise.all([server.media.delete([old]), server.upload('contended')])
    assert.equal((await server.download(kept)).status, 200)
    await server.media.delete([kept])
  }
})

test('an empty file is a file', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload('')
  const answer = await server.download(mediaId)
  assert.deepEqual([answer.status, answer.bytes.length, answer.headers.get('content-length')], [200, 0, '0'])
})

test('a large upload passes through without being held in memory', async () => {
  await using server = await mediaTestServer({ maxUploadBytes: 200 * MiB })
  const chunk = randomBytes(MiB)
  const hash = createHash('sha256')
  let peak = 0
  const body = Readable.from(
    (function* () {
      for (let i = 0; i < 150; i++) {
        hash.update(chunk)
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
        yield chunk
      }
    })(),
  )
  const before = process.memoryUsage().arrayBuffers
  const request = httpRequest(`${server.url}/_matrix/media/v3/upload`, {
    method: 'POST',
    headers: { authorization: 'Bearer alice', 'content-type': 'video/mp4' },
  })
  body.pipe(request)
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')

  assert.equal(response.statusCode, 200)
  assert.equal(statSync(join(server.storePath, pathOf(hash.digest('hex')))).size, 150 * MiB)
  assert.ok(peak - before < 100 * MiB, `${Math.round((peak - before) / MiB)} MiB were held`)
})

test('too much is refused, announced or not, and the connection goes on', async () => {
  await using server = await mediaTestServer({ maxUploadBytes: 100_000 })
  const tooMuch = randomBytes(3 * MiB)
  const upload = (body: RequestBody, more: object = {}) =>
    fetch(`${server.url}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: 'Bearer alice' },
      body,
      ...more,
    })

  const announced = await upload(tooMuch)
  const chunked = await upload(Readable.toWeb(Readable.from([tooMuch])) as ReadableStream, { duplex: 'half' })

  for (const answer of [announced, chunked]) {
    assert.equal(answer.status, 413)
    assert.equal(((await answer.json()) as { errcode: string }).errcode, 'M_TOO_LARGE')
  }
  assert.equal((await upload(tooMuch.subarray(0, 100_000))).status, 200)
  assert.equal(server.listFiles().length, 1)
})

test('an upload that breaks off leaves nothing behind', async () => {
  await using server = await mediaTestServer()
  const sized = { header: 'Content-Length: 1000', body: 'only a part' }
  const chunked = { header: 'Transfer-Encoding: chunked', body: '5\r\nfirst\r\n' }

  const received = [
    await breakOff(server, { ...sized, how: 'end' }),
    await breakOff(server, { ...sized, how: 'destroy' }),
    await breakOff(server, { ...chunked, how: 'end' }),
  ]

  assert.doesNotMatch(received.join(), /200 OK/)
  assert.equal((await server.storage.read.media.totalsOf('@alice:test')).files, 0)
})

test('when the disk refuses the file there is no row, and nothing left over', async () => {
  await using server = await mediaTestServer()
  mkdirSync(server.storePath)
  writeFileSync(join(server.storePath, 'content'), 'in the way')

  const answer = await server.ask('POST', '/_matrix/media/v3/upload', { as: 'alice', body: 'x' })

  assert.deepEqual([answer.status, answer.json.errcode], [500, 'M_UNKNOWN'])
  assert.deepEqual(server.listFiles(), ['content'])
  assert.equal((await server.storage.read.media.totalsOf('@alice:test')).files, 0)
})

test('who may not upload is told before the body is read', async () => {
  await using server = await mediaTestServer()
  const upload = (as?: string) =>
    server.ask('POST', '/_matrix/media/v3/upload', { ...(as && { as }), body: 'x' })

  const errcodes = []
  for (const as of [undefined, 'wrong', 'guest']) errcodes.push((await upload(as)).json.errcode)

  assert.deepEqual(errcodes, ['M_MISSING_TOKEN', 'M_UNKNOWN_TOKEN', 'M_GUEST_ACCESS_FORBIDDEN'])
  // What suspended users upload they cannot show to anybody.
  assert.equal((await upload('suspended')).status, 200)
})

test('names and types that cannot be kept are refused or replaced', async () => {
  await using server = await mediaTestServer()
  const upload = (query: string) =>
    server.ask('POST', `/_matrix/media/v3/upload${query}`, { as: 'alice', body: 'x' })

  assert.equal((await upload('?filename=a%00b')).json.errcode, 'M_INVALID_PARAM')
  assert.equal((await upload(`?filename=${'a'.repeat(1025)}`)).json.errcode, 'M_INVALID_PARAM')
  assert.equal((await upload(`?filename=${'a'.repeat(1024)}`)).status, 200)
  for (const type of ['nonsense', 'text/plain\u00e9', `text/${'x'.repeat(300)}`]) {
    const mediaId = await server.upload('x', type)
    assert.equal((await server.download(mediaId)).headers.get('content-type'), 'application/octet-stream')
  }
})

test('a URI is given out first and gets its content later, once', async () => {
  await using server = await mediaTestServer()
  const { json } = await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  const path = json.content_uri.replace('mxc://', '/_matrix/media/v3/upload/')
  const put = (as: string, to = path) =>
    server.ask('PUT', `${to}?filename=late.txt`, {
      as,
      body: 'late',
      headers: { 'content-type': 'text/plain' },
    })
  assert.equal(json.unused_expires_at, server.clock.nowMs() + 3_600_000)

  const others = await put('bob')
  const first = await put('alice')
  const again = await put('alice')
  const nowhere = await Promise.all([
    put('alice', path.replace('/test/', '/other/')),
    put('alice', `${path}x`),
    put('alice', '/_matrix/media/v3/upload/test/..%2F..%2Fetc'),
  ])

  assert.deepEqual([others.status, others.json.errcode], [403, 'M_FORBIDDEN'])
  assert.deepEqual([first.status, first.json], [200, {}])
  assert.deepEqual([again.status, again.json.errcode], [409, 'M_CANNOT_OVERWRITE_MEDIA'])
  for (const answer of nowhere) assert.deepEqual([answer.status, answer.json.errcode], [404, 'M_NOT_FOUND'])
  const got = await server.download(json.content_uri.slice('mxc://test/'.length))
  assert.deepEqual(
    [got.bytes.toString(), got.headers.get('content-disposition')],
    ['late', 'inline; filename=late.txt'],
  )
})

test('of several uploads to one URI at once, one succeeds', async () => {
  await using server = await mediaTestServer()
  const { json } = await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  const path = json.content_uri.replace('mxc://', '/_matrix/media/v3/upload/')
  const bodies = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000))

  const answers = await Promise.all(bodies.map((body) => server.ask('PUT', path, { as: 'alice', body })))

  const statuses = answers.map((answer) => answer.status)
  assert.deepEqual(statuses.toSorted(), [200, 409, 409, 409])
  const got = await server.download(json.content_uri.slice('mxc://test/'.length))
  assert.equal(got.bytes.toString(), bodies[statuses.indexOf(200)])
  assert.equal(server.listFiles().length, 1)
})

test('a URI that nobody uploaded to in time is gone, and makes room for another', async () => {
  await using server = await mediaTestServer({ maxPendingUploads: 2 })
  const create = () => server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  const { json } = await create()
  server.clock.advance(1000)
  await create()

  const third = await create()
  assert.deepEqual([third.status, third.json.errcode], [429, 'M_LIMIT_EXCEEDED'])
  assert.equal(third.json.retry_after_ms, 3_599_000)
  assert.equal((await server.ask('POST', '/_matrix/media/v1/create', { as: 'bob' })).status, 200)

  server.clock.advance(3_599_000)
  const late = await server.ask('PUT', json.content_uri.replace('mxc://', '/_matrix/media/v3/upload/'), {
    as: 'alice',
    body: 'x',
  })
  assert.deepEqual([late.status, late.json.errcode], [404, 'M_NOT_FOUND'])
  assert.equal((await create()).status, 200)
})

test('giving out URIs is limited in speed', async () => {
  await using server = await mediaTestServer({ maxPendingUploads: 1000 })
  for (let i = 0; i < 50; i++) await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  const refused = await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
  assert.deepEqual([refused.status, refused.json.errcode], [429, 'M_LIMIT_EXCEEDED'])

  await server.storage.write((tx) =>
    tx.rateLimitOverrides.put('@alice:test' as UserId, { messagesPerSecond: 0, burstCount: 0 }),
  )
  assert.equal((await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })).status, 200)
})
