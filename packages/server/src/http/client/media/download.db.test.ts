import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { contentDisposition } from './headers.ts'
import { type Answer, mediaTestServer } from './test-server.ts'

databaseMatrix((open) => {
  const root = '@root:test' as UserId

  test('a download carries what the upload said and headers that keep it harmless', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('hello', 'text/plain; charset=utf-8', '?filename=a%20b.txt')

    const answer = await server.download(mediaId)

    assert.equal(answer.status, 200)
    assert.equal(answer.bytes.toString(), 'hello')
    const header = (name: string) => answer.headers.get(name)
    assert.equal(header('content-type'), 'text/plain; charset=utf-8')
    assert.equal(header('content-length'), '5')
    assert.equal(header('content-disposition'), 'inline; filename="a b.txt"')
    assert.match(header('content-security-policy') ?? '', /^sandbox; default-src 'none'; script-src 'none';/)
    assert.equal(header('cross-origin-resource-policy'), 'cross-origin')
    assert.equal(header('x-content-type-options'), 'nosniff')
    assert.equal(header('access-control-allow-origin'), '*')
    assert.equal(header('cache-control'), 'private, max-age=86400, immutable')
  })

  test('text whose upload said nothing else is UTF-8', async () => {
    await using server = await mediaTestServer({}, open)
    const typeOf = async (type: string) =>
      (await server.download(await server.upload(type, type))).headers.get('content-type')

    assert.equal(await typeOf('text/plain'), 'text/plain; charset=UTF-8')
    assert.equal(await typeOf('text/plain; charset=latin1'), 'text/plain; charset=latin1')
    assert.equal(await typeOf('application/pdf'), 'application/pdf')
  })

  test('HEAD tells the same without the content', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('hello')
    const answer = await server.ask('HEAD', `/_matrix/client/v1/media/download/test/${mediaId}`, {
      as: 'bob',
    })
    assert.deepEqual(
      [answer.status, answer.headers.get('content-length'), answer.bytes.length],
      [200, '5', 0],
    )
  })

  test('what a browser could run is saved, not shown', () => {
    assert.equal(contentDisposition('image/png', null), 'inline')
    assert.equal(contentDisposition('Image/PNG; a=b', null), 'inline')
    for (const type of [
      'image/svg+xml',
      'text/html',
      'application/pdf',
      'application/octet-stream',
      'text/plainx',
    ])
      assert.equal(contentDisposition(type, 'x'), 'attachment; filename=x')
  })

  test('file names reach the client whatever they are made of', () => {
    const name = (fileName: string) => contentDisposition('image/png', fileName).slice('inline; '.length)
    assert.equal(name('ascii.png'), 'filename=ascii.png')
    assert.equal(name('name with spaces'), 'filename="name with spaces"')
    assert.equal(name('name;with;semicolons'), 'filename="name;with;semicolons"')
    assert.equal(name('a"b\\c'), 'filename="a\\"b\\\\c"')
    assert.equal(name('100%41'), 'filename=100%41')
    assert.equal(name('100%41 x'), "filename*=UTF-8''100%2541%20x")
    assert.equal(name('🐱’s (*).png'), "filename*=UTF-8''%F0%9F%90%B1%E2%80%99s%20%28%2A%29.png")
    assert.equal(name('a\r\nset-cookie: b'), "filename*=UTF-8''a%0D%0Aset-cookie%3A%20b")
  })

  test('a name in the path takes the place of the file’s own', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('x', 'text/plain', '?filename=mine.txt')
    const dispositionOf = async (name: string) =>
      (await server.download(mediaId, name)).headers.get('content-disposition')

    assert.equal(await dispositionOf('/other.txt'), 'inline; filename=other.txt')
    assert.equal(await dispositionOf('/a%2Fb%20%C3%A9'), "inline; filename*=UTF-8''a%2Fb%20%C3%A9")
    assert.equal(await dispositionOf('/'), 'inline; filename=mine.txt')
  })

  test('ids that are no ids are not found, and reach no file', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('x')
    const refs = [
      'test/..%2F..%2Fetc%2Fpasswd',
      'test/%2Fetc%2Fpasswd',
      'test/a.b',
      'test/',
      'test/unknown',
      `..%2Ftest/${mediaId}`,
      `TEST/${mediaId}`,
      `other.example/${mediaId}`,
      `test/${mediaId}%00`,
      `test/${'a'.repeat(3000)}`,
    ]
    for (const ref of refs) {
      for (const what of ['download', 'thumbnail']) {
        const answer = await server.ask(
          'GET',
          `/_matrix/client/v1/media/${what}/${ref}?width=32&height=32&timeout_ms=0`,
          { as: 'bob' },
        )
        assert.deepEqual([answer.status, answer.json.errcode], [404, 'M_NOT_FOUND'], `${what} ${ref}`)
      }
    }
  })

  test('a path is taken as it was written, dots and all', async () => {
    await using server = await mediaTestServer({}, open)
    const statuses = []
    for (const rest of ['test/..', '../../../../etc/passwd', 'test/../../../etc']) {
      const request = httpRequest(server.url, {
        path: `/_matrix/client/v1/media/download/${rest}`,
        headers: { authorization: 'Bearer bob' },
      }).end()
      const [response] = await once(request, 'response')
      response.resume()
      statuses.push(response.statusCode)
    }
    assert.deepEqual(statuses, [404, 404, 404])
  })

  test('newer files are not found without a token, older ones are', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('secret')
    const old = { ...(await server.media.reads.find(mediaId))!, mediaId: 'older', authenticated: false }
    await server.storage.write((tx) => tx.media.add(old))

    for (const version of ['v3', 'r0', 'v1']) {
      const base = `/_matrix/media/${version}/download/test`
      const newer = await server.ask('GET', `${base}/${mediaId}`, { as: 'alice' })
      assert.deepEqual([newer.status, newer.json.errcode], [404, 'M_NOT_FOUND'])
      const older = await server.ask('GET', `${base}/older/name.txt?allow_remote=false`)
      assert.deepEqual([older.status, older.bytes.toString()], [200, 'secret'])
      assert.equal(older.headers.get('cache-control'), 'public, max-age=86400, immutable')
    }
    const withoutToken = await server.ask('GET', `/_matrix/client/v1/media/download/test/${mediaId}`)
    assert.deepEqual([withoutToken.status, withoutToken.json.errcode], [401, 'M_MISSING_TOKEN'])
    const guest = await server.ask('GET', `/_matrix/client/v1/media/download/test/${mediaId}`, {
      as: 'guest',
    })
    assert.equal(guest.status, 200)
  })

  test('with authenticated media off, the old paths give everything, also what came while it was on', async () => {
    await using server = await mediaTestServer({ authenticatedMedia: false }, open)
    const mediaId = await server.upload('open')
    const later = { ...(await server.media.reads.find(mediaId))!, mediaId: 'later', authenticated: true }
    await server.storage.write((tx) => tx.media.add(later))

    for (const id of [mediaId, 'later'])
      assert.equal(
        (await server.ask('GET', `/_matrix/media/v3/download/test/${id}`)).bytes.toString(),
        'open',
      )
    assert.equal((await server.media.reads.find(mediaId))?.authenticated, false)
  })

  test('the largest upload is told to who has a token', async () => {
    await using server = await mediaTestServer({ maxUploadBytes: 12345 }, open)
    for (const path of [
      '/_matrix/client/v1/media/config',
      '/_matrix/media/v3/config',
      '/_matrix/media/r0/config',
    ]) {
      assert.deepEqual((await server.ask('GET', path, { as: 'alice' })).json, { 'm.upload.size': 12345 })
      assert.equal((await server.ask('GET', path)).status, 401)
    }
  })

  test('a download waits for its upload', async () => {
    await using server = await mediaTestServer({}, open)
    const { json } = await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
    const mediaId = json.content_uri.slice('mxc://test/'.length)

    const waiting = [server.download(mediaId), server.download(mediaId, '/n?timeout_ms=60000')]
    await server.ask('PUT', `/_matrix/media/v3/upload/test/${mediaId}`, { as: 'alice', body: 'arrived' })

    for (const answer of await Promise.all(waiting)) assert.equal(answer.bytes.toString(), 'arrived')
  })

  test('a download that waited in vain is told so, one of an expired URI that there is nothing', async () => {
    await using server = await mediaTestServer({}, open)
    const { json } = await server.ask('POST', '/_matrix/media/v1/create', { as: 'alice' })
    const mediaId = json.content_uri.slice('mxc://test/'.length)

    const impatient = await server.download(mediaId, '?timeout_ms=0')
    assert.deepEqual([impatient.status, impatient.json.errcode], [504, 'M_NOT_YET_UPLOADED'])
    const anonymous = await server.ask('GET', `/_matrix/media/v3/download/test/${mediaId}?timeout_ms=0`)
    assert.deepEqual([anonymous.status, anonymous.json.errcode], [504, 'M_NOT_YET_UPLOADED'])
    const bad = await server.download(mediaId, '?timeout_ms=soon')
    assert.deepEqual([bad.status, bad.json.errcode], [400, 'M_INVALID_PARAM'])

    let waited: Answer | undefined
    void server.download(mediaId).then((answer) => (waited = answer))
    const beganTs = server.clock.nowMs()
    while (waited === undefined) {
      server.clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal(waited.status, 504)
    assert.ok(server.clock.nowMs() - beganTs >= 20_000)

    server.clock.advance(3_600_000)
    const expired = await server.download(mediaId)
    assert.deepEqual([expired.status, expired.json.errcode], [404, 'M_NOT_FOUND'])
  })

  test('quarantined files are not found by anybody on any path, unless an administrator insists', async () => {
    await using server = await mediaTestServer({ authenticatedMedia: false }, open)
    const mediaId = await server.upload('bad')
    const copy = await server.upload('bad')
    const other = await server.upload('good')

    const reached = await server.media.moderation.quarantine(root, { serverName: 'test', mediaId })
    const uploadedAfter = await server.upload('bad')

    assert.equal(reached, 2)
    const paths = (id: string) => [
      `/_matrix/client/v1/media/download/test/${id}`,
      `/_matrix/client/v1/media/download/test/${id}/name`,
      `/_matrix/client/v1/media/thumbnail/test/${id}?width=1&height=1`,
      `/_matrix/media/v3/download/test/${id}`,
      `/_matrix/media/r0/thumbnail/test/${id}?width=1&height=1`,
    ]
    for (const id of [mediaId, copy, uploadedAfter]) {
      for (const path of paths(id)) {
        const answer = await server.ask('GET', path, { as: 'root' })
        assert.deepEqual([answer.status, answer.json.errcode], [404, 'M_NOT_FOUND'], path)
      }
    }
    assert.equal((await server.media.reads.find(uploadedAfter))?.quarantinedBy, 'system')
    assert.equal((await server.download(other)).status, 200)
    const insists = `/_matrix/client/v1/media/download/test/${mediaId}?admin_unsafely_bypass_quarantine=true`
    assert.equal((await server.ask('GET', insists, { as: 'root' })).bytes.toString(), 'bad')
    assert.equal((await server.ask('GET', insists, { as: 'alice' })).status, 400)

    await server.media.moderation.unquarantine({ serverName: 'test', mediaId })
    for (const id of [mediaId, copy, uploadedAfter]) assert.equal((await server.download(id)).status, 200)
  })

  test('protected files stay, and a whole user is quarantined but for them', async () => {
    await using server = await mediaTestServer({}, open)
    const ids = [await server.upload('1'), await server.upload('2'), await server.upload('3')]
    const { moderation } = server.media
    await moderation.protect(ids[0]!, true)
    await assert.rejects(moderation.protect('unknown', true), { errcode: 'M_NOT_FOUND' })

    assert.equal(await moderation.quarantine(root, { serverName: 'test', mediaId: ids[0]! }), 0)
    assert.equal(await moderation.quarantine(root, { serverName: 'elsewhere', mediaId: ids[1]! }), 0)
    assert.equal(await moderation.quarantine(root, { serverName: 'test', mediaId: ids[1]! }), 1)
    const { signal } = new AbortController()
    assert.equal(await server.media.quarantines.ofUser(root, '@alice:test', signal), 1)
    assert.equal(await server.media.quarantines.ofUser(root, '@nobody:test', signal), 0)

    const statuses = []
    for (const id of ids) statuses.push((await server.download(id)).status)
    assert.deepEqual(statuses, [200, 404, 404])
    assert.deepEqual(
      (await moderation.changes(0, 10)).map((change) => change.mediaId),
      [ids[1], ids[2]],
    )
  })

  test('when a file was last used is kept, and written later', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('x')
    const stored = async () => (await server.storage.read.media.find(mediaId))?.lastAccessTs
    server.clock.advance(5000)
    const usedTs = server.clock.nowMs()

    await server.download(mediaId)

    assert.equal(await stored(), null)
    assert.equal((await server.media.reads.find(mediaId))?.lastAccessTs, usedTs)
    assert.equal(await stored(), usedTs)
  })

  test('a content that was removed by hand is not found, and the operator hears of it', async () => {
    await using server = await mediaTestServer({}, open)
    const mediaId = await server.upload('x')
    rmSync(join(server.storePath, server.listFiles()[0]!))

    const answer = await server.download(mediaId)

    assert.deepEqual([answer.status, answer.json.errcode], [404, 'M_NOT_FOUND'])
    assert.match(String(server.errors[0]), new RegExp(mediaId))
  })
})
