import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Metadata } from 'sharp'
import { type Answer, type MediaTestServer, mediaTestServer } from './test-server.ts'

type Colour = { r: number; g: number; b: number; alpha?: number }
const RED: Colour = { r: 255, g: 0, b: 0 }

function picture(width: number, height: number, background: Colour = RED) {
  const channels = background.alpha === undefined ? 3 : 4
  return sharp({ create: { width, height, channels, background } })
}

/** An animation of frames of different colours. */
async function animation(
  width: number,
  height: number,
  frames: number,
  format: 'gif' | 'webp',
): Promise<Buffer> {
  const all = []
  for (let i = 0; i < frames; i++)
    all.push(
      await picture(width, height, { r: (i * 83) % 256, g: i, b: 255 - i })
        .png()
        .toBuffer(),
    )
  return sharp(all, { join: { animated: true } })
    [format]()
    .toBuffer()
}

function ask(server: MediaTestServer, mediaId: string, query: string): Promise<Answer> {
  return server.ask('GET', `/_matrix/client/v1/media/thumbnail/test/${mediaId}?${query}`, { as: 'bob' })
}

/** Type and size of an answer, and its number of frames when it has several. */
async function described(answer: Answer): Promise<string> {
  if (answer.status !== 200) return `${answer.status} ${answer.json.errcode}`
  const { format, width, height, pages } = (await sharp(answer.bytes).metadata()) as Metadata
  assert.equal(answer.headers.get('content-type'), `image/${format}`)
  return `${format} ${width}x${height}${pages !== undefined && pages > 1 ? ` of ${pages}` : ''}`
}

test('still pictures become thumbnails of their own kind', async () => {
  await using server = await mediaTestServer()
  const thumbnail = async (content: Buffer, query: string) =>
    described(await ask(server, await server.upload(content, 'image/whatever'), query))
  const png = await picture(1000, 500).png().toBuffer()
  const jpeg = await picture(1000, 500).jpeg().toBuffer()
  const webp = await picture(1000, 500).webp().toBuffer()
  const clear = await picture(1000, 500, { ...RED, alpha: 0.5 })
    .webp()
    .toBuffer()
  const gif = await picture(1000, 500).gif().toBuffer()
  const avif = await picture(1000, 500).avif({ effort: 0 }).toBuffer()

  assert.equal(await thumbnail(png, 'width=32&height=32&method=crop'), 'png 32x32')
  assert.equal(await thumbnail(jpeg, 'width=96&height=96&method=crop'), 'jpeg 96x96')
  assert.equal(await thumbnail(jpeg, 'width=320&height=240&method=scale'), 'jpeg 320x160')
  assert.equal(await thumbnail(webp, 'width=640&height=480'), 'jpeg 640x320')
  assert.equal(await thumbnail(clear, 'width=640&height=480'), 'png 640x320')
  assert.equal(await thumbnail(gif, 'width=800&height=600'), 'png 800x400')
  assert.equal(await thumbnail(avif, 'width=800&height=600'), 'jpeg 800x400')
})

test('a thumbnail has its own name and is shown', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload(
    await picture(500, 500).png().toBuffer(),
    'text/html',
    '?filename=x.html',
  )
  const answer = await ask(server, mediaId, 'width=32&height=32&method=crop')
  assert.equal(answer.headers.get('content-disposition'), 'inline; filename=thumbnail.png')
  assert.match(answer.headers.get('content-security-policy') ?? '', /^sandbox/)
  assert.equal(answer.headers.get('content-length'), String(answer.bytes.length))
})

test('a picture is never made larger: small ones are given as they are', async () => {
  await using server = await mediaTestServer()
  const content = await picture(50, 40).png().toBuffer()
  const mediaId = await server.upload(content)

  for (const query of ['width=96&height=96&method=crop', 'width=640&height=480', 'width=50&height=40'])
    assert.deepEqual((await ask(server, mediaId, query)).bytes, content)
  assert.equal(await described(await ask(server, mediaId, 'width=32&height=32&method=crop')), 'png 32x32')
})

test('a picture taken sideways is turned', async () => {
  await using server = await mediaTestServer()
  const sideways = await picture(1000, 500).jpeg().withMetadata({ orientation: 6 }).toBuffer()
  const mediaId = await server.upload(sideways)
  assert.equal(await described(await ask(server, mediaId, 'width=320&height=240')), 'jpeg 120x240')
})

test('what moves moves only for who asks', async () => {
  await using server = await mediaTestServer()
  for (const [format, still] of [
    ['gif', 'png'],
    ['webp', 'jpeg'],
  ] as const) {
    const content = await animation(400, 300, 3, format)
    const mediaId = await server.upload(content)
    const small = await server.upload(await animation(30, 30, 3, format))
    const thumbnail = async (id: string, query: string) => described(await ask(server, id, query))

    assert.equal(await thumbnail(mediaId, 'width=320&height=240&animated=true'), 'webp 320x240 of 3')
    assert.equal(await thumbnail(mediaId, 'width=320&height=240&animated=false'), `${still} 320x240`)
    assert.equal(await thumbnail(mediaId, 'width=320&height=240'), `${still} 320x240`)
    assert.equal(await thumbnail(small, 'width=96&height=96&animated=true'), `${format} 30x30 of 3`)
    assert.equal(await thumbnail(small, 'width=96&height=96'), `${still} 30x30`)
  }
})

test('an animation with too many pixels in all its frames stands still', async () => {
  await using server = await mediaTestServer({ maxImagePixels: 200_000 })
  const mediaId = await server.upload(await animation(400, 300, 3, 'gif'))
  assert.equal(await described(await ask(server, mediaId, 'width=96&height=96&animated=true')), 'png 96x72')
})

/** A PNG that says it has this size and holds nearly nothing. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0, 0, 0, 0], 8) // one bit of grey a pixel
  const pixels = deflateSync(Buffer.alloc(Math.ceil(width / 8 + 1) * 100))
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

test('a bomb is refused before it is unpacked', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload(bomb(60_000, 60_000), 'image/png')

  const answer = await ask(server, mediaId, 'width=32&height=32&method=crop')

  assert.deepEqual([answer.status, answer.json.errcode], [413, 'M_TOO_LARGE'])
  assert.equal((await server.download(mediaId)).status, 200)
})

test('what is no picture has no thumbnail, whatever it says it is', async () => {
  await using server = await mediaTestServer()
  const png = await picture(500, 500).png().toBuffer()
  const broken = Buffer.concat([png.subarray(0, 60), Buffer.from('not a picture any more')])
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"/>'
  for (const content of ['just text', '', svg, '%PDF-1.4 x', broken, bomb(500, 500)]) {
    const mediaId = await server.upload(content, 'image/png')
    for (let i = 0; i < 2; i++) {
      const answer = await ask(server, mediaId, 'width=32&height=32&method=crop')
      assert.deepEqual(
        [answer.status, answer.json?.errcode],
        [400, 'M_UNKNOWN'],
        String(content).slice(0, 10),
      )
    }
  }
})

test('sizes and methods that make no sense are refused', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload(await picture(50, 50).png().toBuffer())
  const errcode = async (query: string) => (await ask(server, mediaId, query)).json?.errcode
  assert.equal(await errcode('width=32'), 'M_MISSING_PARAM')
  for (const query of [
    'width=a&height=32',
    'width=0&height=32',
    'width=-1&height=32',
    'width=1.5&height=32',
    'width=32&height=32&method=stretch',
    'width=32&height=32&animated=1',
  ])
    assert.equal(await errcode(query), 'M_INVALID_PARAM', query)
})

test('a thumbnail is made once, however many ask, and goes with its file', async () => {
  await using server = await mediaTestServer()
  const content = await picture(800, 800).png().toBuffer()
  const mediaId = await server.upload(content)
  const copy = await server.upload(content)

  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      ask(server, i % 2 === 0 ? mediaId : copy, `width=${300 + i}&height=200`),
    ),
  )

  for (const answer of answers) assert.deepEqual(answer.bytes, answers[0]!.bytes)
  const thumbnails = () => server.listFiles().filter((file) => file.startsWith('thumbnails/'))
  assert.equal(thumbnails().length, 1)
  await server.media.delete([mediaId])
  assert.equal(thumbnails().length, 1)
  await server.media.delete([copy])
  assert.deepEqual(server.listFiles(), [])
  assert.equal((await ask(server, copy, 'width=96&height=96')).status, 404)
  const again = await server.upload(content)
  assert.equal(await described(await ask(server, again, 'width=96&height=96')), 'png 96x96')
  assert.ok(existsSync(join(server.storePath, thumbnails()[0]!)))
})

test('a thumbnail that cannot be kept is given all the same', async () => {
  await using server = await mediaTestServer()
  const mediaId = await server.upload(await picture(500, 500).png().toBuffer())
  const incoming = join(server.storePath, 'incoming')
  rmSync(incoming, { recursive: true })
  writeFileSync(incoming, 'no folder any more')

  for (let i = 1; i <= 2; i++) {
    assert.equal(await described(await ask(server, mediaId, 'width=32&height=32&method=crop')), 'png 32x32')
    assert.equal(server.errors.length, i)
  }
})
