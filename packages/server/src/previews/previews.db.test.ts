import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import sharp from 'sharp'
import { manualClock } from '../clock.ts'
import { MatrixError } from '../errors.ts'
import { createMedia } from '../media/media.ts'
import { DEFAULT_BLOCKED_RANGES } from '../outbound/address-policy.ts'
import { createRateLimits, DEFAULT_RATE_LIMITS } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import type { UrlPattern } from './url-patterns.ts'
import { wirePreviews } from './wire-previews.ts'

const alice: Requester = {
  userId: '@alice:test' as UserId,
  deviceId: 'A',
  tokenId: 1,
  isGuest: false,
  shadowBanned: false,
  suspended: false,
  locked: false,
  puppetedBy: null,
  appserviceId: null,
  accessTokenValidUntilMs: null,
}

type Page = string | Buffer | ((response: ServerResponse) => void)

/** A site whose pages are given by path; strings are HTML, buffers PNG. */
async function site(pages: Record<string, Page>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const page = pages[request.url!]
    if (page === undefined) response.writeHead(404).end()
    else if (typeof page === 'function') page(response)
    else {
      const type = typeof page === 'string' ? 'text/html; charset=utf-8' : 'image/png'
      response.writeHead(200, { 'content-type': type }).end(page)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function fixture(
  storage: Storage,
  more: { allowed?: string[]; blockedUrls?: UrlPattern[]; maxBytes?: number } = {},
) {
  const storePath = mkdtempSync(join(tmpdir(), 'ranvier-previews-'))
  const clock = manualClock(Date.now()) // files have the machine's time
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const mediaConfig = {
    enabled: true,
    authenticatedMedia: true,
    storePath,
    maxUploadBytes: 1e6,
    maxImagePixels: 1e6,
    maxPendingUploads: 5,
    unusedExpirationMs: 1e6,
  }
  const rateLimits = createRateLimits(DEFAULT_RATE_LIMITS, { clock })
  const settings = { ...mediaConfig, serverName: 'test' as ServerName }
  const media = createMedia({ storage, clock, rateLimits, settings, onError })
  const wired = wirePreviews({
    storage,
    clock,
    media,
    userAgent: 'Ranvier',
    onError,
    config: {
      media: mediaConfig,
      previews: {
        addresses: { blocked: DEFAULT_BLOCKED_RANGES, allowed: more.allowed ?? ['127.0.0.1'] },
        blockedUrls: more.blockedUrls ?? [],
        maxBytes: more.maxBytes ?? 100_000,
        languages: ['en'],
      },
    },
  })!
  return {
    clock,
    errors,
    async preview(url: string, atTs?: number) {
      return JSON.parse(await wired.previews.of(alice, url, atTs)) as Record<string, string | number>
    },
    file: (uri: unknown) => storage.read.media.find(String(uri).split('/').at(-1)!),
    async [Symbol.asyncDispose]() {
      await wired[Symbol.asyncDispose]()
      await media[Symbol.asyncDispose]()
      rmSync(storePath, { recursive: true })
    },
  }
}

const refused = (status: number, errcode: string) => (error: unknown) => {
  assert.ok(error instanceof MatrixError, String(error))
  assert.deepEqual([error.status, error.errcode], [status, errcode])
  return true
}
const png = (width: number) =>
  sharp({ create: { width, height: 5, channels: 3, background: 'red' } })
    .png()
    .toBuffer()

databaseMatrix((open) => {
  test('a page is shown as it describes itself, with its picture kept as a file', async () => {
    await using storage = await open()
    const picture = await png(20)
    await using there = await site({
      '/page': `<html><head><title>Not this</title><meta property="og:title" content="The &amp; title">
        <meta property="og:type" content="article"><meta property="og:image" content="/p.png"></head></html>`,
      '/p.png': picture,
    })
    await using server = await fixture(storage)
    const preview = await server.preview(`${there.origin}/page`)
    const uri = preview['og:image']
    assert.match(String(uri), /^mxc:\/\/test\//)
    assert.deepEqual(preview, {
      'og:title': 'The & title',
      'og:type': 'article',
      'og:image': uri!,
      'og:image:type': 'image/png',
      'og:image:width': 20,
      'og:image:height': 5,
      'matrix:image:size': picture.length,
    })
    const file = (await server.file(uri))!
    assert.deepEqual([file.mediaLength, file.urlCache], [picture.length, `${there.origin}/page`])
  })

  test('a page that says nothing of itself is shown by what is on it', async () => {
    await using storage = await open()
    const latin = Buffer.from('<meta charset="iso-8859-1"><title>Caf\xe9</title><p>x</p>', 'latin1')
    await using there = await site({
      '/plain': `<title> Tea \n &amp; cake </title><nav>Menu</nav><script>var a = "no"</script>
        <img src="dot.png" width="1"><p>First <b>words</b>.</p><p>Second.</p><img src="big.png">`,
      '/big.png': await png(30),
      '/latin': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(latin),
      '/oembed': `<link rel="alternate" type="application/json+oembed" href="/o.json"><title>T</title>`,
      '/o.json': (response) =>
        response.end('{"type":"video","title":"no","provider_name":"Tube","thumbnail_url":"/big.png"}'),
      '/text': (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('words'),
    })
    await using server = await fixture(storage)
    const plain = await server.preview(`${there.origin}/plain`)
    assert.equal(plain['og:title'], 'Tea & cake')
    assert.equal(plain['og:description'], 'First words.\n\nSecond.')
    assert.equal(plain['og:image:width'], 30)
    assert.equal((await server.preview(`${there.origin}/latin`))['og:title'], 'Café')
    const video = await server.preview(`${there.origin}/oembed`)
    assert.deepEqual([video['og:title'], video['og:site_name'], video['og:image:width']], ['T', 'Tube', 30])
    assert.equal((await server.preview(`${there.origin}/big.png`))['og:image:width'], 30)
    assert.deepEqual(await server.preview(`${there.origin}/text`), {})
  })

  test('a page is asked for once an hour, however many want it', async () => {
    await using storage = await open()
    await using there = await site({ '/a': '<title>A</title><img src="/p.png">', '/p.png': await png(20) })
    await using server = await fixture(storage)
    const url = `${there.origin}/a`
    const [first] = await Promise.all([1, 2, 3].map(() => server.preview(url)))
    await server.preview(`${url}#there`)
    assert.deepEqual(there.asked, ['/a', '/p.png'])
    server.clock.advance(3_600_000)
    await server.preview(url)
    assert.equal(there.asked.length, 4)
    assert.ok(await server.file(first!['og:image']))
    server.clock.advance(3 * 24 * 3_600_000)
    await server.preview(url)
    // Gone with the preview it belonged to, two days after that had ended.
    await eventually(async () => (await server.file(first!['og:image'])) === undefined)
    assert.deepEqual(server.errors, [])
  })

  test('a page is shown as it was, as long as that is kept', async () => {
    await using storage = await open()
    let asked = 0
    await using there = await site({
      '/news': (response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(`<title>News ${++asked}</title>`),
    })
    await using server = await fixture(storage)
    const url = `${there.origin}/news`
    const titleAt = async (atTs?: number) => (await server.preview(url, atTs))['og:title']
    const first = server.clock.nowMs()
    assert.equal(await titleAt(), 'News 1')
    server.clock.advance(7_200_000)
    assert.equal(await titleAt(), 'News 2')

    assert.equal(await titleAt(first), 'News 1')
    assert.equal(await titleAt(first - 1), 'News 2', 'of before there is nothing')
    assert.equal(await titleAt(server.clock.nowMs() + 1e9), 'News 2')
    assert.equal(asked, 2)
  })

  test('addresses of our own network are not looked at, also behind redirects and pictures', async () => {
    await using storage = await open()
    await using there = await site({
      '/inside': (response) => response.writeHead(302, { location: 'http://10.1.2.3/' }).end(),
      '/picture': '<title>P</title><meta property="og:image" content="http://[::1]/x.png">',
      '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
    })
    await using server = await fixture(storage)
    await assert.rejects(server.preview(`${there.origin}/inside`), refused(403, 'M_UNKNOWN'))
    await assert.rejects(server.preview('http://192.168.0.1/'), refused(403, 'M_UNKNOWN'))
    await assert.rejects(server.preview(`${there.origin}/loop`), refused(502, 'M_UNKNOWN'))
    assert.deepEqual(await server.preview(`${there.origin}/picture`), { 'og:title': 'P' })
    await using strict = await fixture(storage, { allowed: [] })
    await assert.rejects(strict.preview(`${there.origin}/other`), refused(403, 'M_UNKNOWN'))
  })

  test('what is no URL, blocked, too large or not there is refused', async () => {
    await using storage = await open()
    await using there = await site({ '/large': 'x'.repeat(2_000), '/ok': '<title>ok</title>' })
    const blockedUrls = [{ username: '*' }, { path: '^/private' }]
    await using server = await fixture(storage, { blockedUrls, maxBytes: 1_000 })
    for (const url of ['nonsense', 'ftp://example.com/', 'data:text/html,x', `http://a/${'x'.repeat(3_000)}`])
      await assert.rejects(server.preview(url), refused(400, 'M_INVALID_PARAM'))
    await assert.rejects(server.preview(`${there.origin}/private/x`), refused(403, 'M_UNKNOWN'))
    const named = there.origin.replace('//', '//me:secret@')
    await assert.rejects(server.preview(`${named}/ok`), refused(403, 'M_UNKNOWN'))
    await assert.rejects(server.preview(`${there.origin}/large`), refused(502, 'M_UNKNOWN'))
    await assert.rejects(server.preview(`${there.origin}/none`), refused(502, 'M_UNKNOWN'))
    assert.deepEqual(await server.preview(`${there.origin}/ok`), { 'og:title': 'ok' })
  })
})
