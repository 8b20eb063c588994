import type { Chapter } from '../chapter.ts'
import { enc } from '../paths.ts'

const HEADERS = [
  'content-type',
  'content-disposition',
  'content-security-policy',
  'cross-origin-resource-policy',
  'cache-control',
  'x-robots-tag',
  'access-control-allow-origin',
  'x-content-type-options',
  'referrer-policy',
]
/** One red pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** Files: up, down, small, by whom, with which headers. */
export const clientMedia: Chapter = {
  name: 'client-media',
  about: 'upload, download, thumbnails, headers, quarantine, async upload',
  async run(side) {
    await side.register('bob')
    // What was quarantined in another run is so wherever it is the same: bytes behind the picture make it another.
    const PNG = Buffer.concat([PIXEL, Buffer.from(side.prefix)])
    const upload = async (
      name: string,
      type: string,
      bytes: string | Buffer,
      query = `filename=${enc(name)}`,
    ) => {
      const answer = await side.compare(
        {
          to: `POST /_matrix/media/v3/upload?${query}`,
          as: 'bob',
          text: bytes,
          headers: { 'content-type': type },
        },
        `upload ${name} (${type}) ?${query}`,
      )
      const id = (answer.body?.content_uri as string | undefined)?.split('/').at(-1)
      if (id !== undefined) side.names.set(`file ${name}`, id)
      return id
    }
    const files: [string, string, string | Buffer][] = [
      ['a.txt', 'text/plain', 'text'],
      ['a.html', 'text/html', '<p>'],
      ['a.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
      ['a.png', 'image/png', PNG],
      ['ü ö.txt', 'text/plain; charset=utf-8', 'ü'],
      ['a"b;c.txt', 'text/plain', 'x'],
      ['none', '', 'x'],
      ['odd', 'nonsense', 'x'],
      ['a.mp4', 'video/mp4', 'x'],
      ['a.pdf', 'application/pdf', 'x'],
      ['a.json', 'application/json', '{}'],
      ['notreally.png', 'image/png', 'not a picture'],
      ['empty', 'text/plain', ''],
      [`${'x'.repeat(300)}.txt`, 'text/plain', 'x'],
      ['a\nb.txt', 'text/plain', 'x'],
      ['a/b.txt', 'text/plain', 'x'],
      ['a.js', 'text/javascript', 'x'],
      ['a.css', 'text/css', 'x'],
    ]
    await upload('nameless', 'text/plain', 'nameless', '')
    for (const [name, type, bytes] of files) {
      const id = await upload(name, type, bytes)
      if (id === undefined) continue
      const at = `${side.serverName}/${id}`
      for (const base of ['/_matrix/client/v1/media/download', '/_matrix/media/v3/download'])
        for (const tail of [
          '',
          '/other.txt',
          `/${enc('ü.txt')}`,
          '?allow_remote=false',
          '?timeout_ms=x',
          '?allow_redirect=true',
        ])
          await side.compare(
            { to: `GET ${base}/${at}${tail}`, as: 'bob', compareHeaders: HEADERS },
            `${base} ${name} ${tail}`,
          )
      for (const query of [
        'width=32&height=32',
        'width=32&height=32&method=crop',
        'width=32&height=32&method=scale',
        'width=32',
        '',
        'width=x&height=y',
        'width=0&height=0',
        'width=-1&height=32',
        'width=32&height=32&method=none',
        'width=99999&height=99999',
        'width=32&height=32&animated=true',
        'width=32&height=32&animated=x',
      ])
        await side.compare(
          {
            to: `GET /_matrix/client/v1/media/thumbnail/${at}?${query}`,
            as: 'bob',
            compareHeaders: HEADERS.filter((each) => each !== 'content-length'),
            ...(name === 'a.png' && { values: true }),
          },
          `thumbnail ${name} ${query}`,
        )
    }
    const png = `${side.serverName}/${await upload('more.png', 'image/png', PNG)}`
    for (const [as, base] of [
      [null, '/_matrix/client/v1/media'],
      [null, '/_matrix/media/v3'],
      [null, '/_matrix/media/r0'],
      ['bob', '/_matrix/media/v1'],
      ['bob', '/_matrix/client/unstable/org.matrix.msc3916/media'],
    ] as const) {
      for (const part of [
        `download/${png}`,
        `thumbnail/${png}?width=1&height=1`,
        'config',
        'preview_url?url=http://localhost',
        'preview_url',
        `download/${side.serverName}/none`,
        `download/${side.serverName}/${'x'.repeat(24)}`,
        'download/x',
        'download',
        `thumbnail/${side.serverName}/none?width=1&height=1`,
      ])
        await side.by(as, `GET ${base}/${part}`, undefined, { values: true })
    }
    const quarantine = `POST /_synapse/admin/v1/media/quarantine/${png}`
    await side.by('admin', quarantine)
    for (const as of ['bob', 'admin'])
      for (const tail of [
        '',
        '?admin_unsafely_bypass_quarantine=true',
        '?admin_unsafely_bypass_quarantine=x',
      ])
        await side.by(as, `GET /_matrix/client/v1/media/download/${png}${tail}`, undefined, { values: true })
    await side.by('bob', `GET /_matrix/client/v1/media/thumbnail/${png}?width=1&height=1`, undefined, {
      values: true,
    })
    const created = await side.by('bob', 'POST /_matrix/media/v1/create', undefined)
    const id = (created.body.content_uri as string).split('/').at(-1)!
    side.names.set('file later', id)
    await side.by('bob', `GET /_matrix/client/v1/media/download/${side.serverName}/${id}?timeout_ms=1`)
    for (const [as, where] of [
      ['admin', `${side.serverName}/${id}`],
      ['bob', `elsewhere/${id}`],
      ['bob', `${side.serverName}/none`],
      ['bob', `${side.serverName}/${id}`],
      ['bob', `${side.serverName}/${id}`],
    ] as const)
      await side.by(as, `PUT /_matrix/media/v3/upload/${where}`, undefined, {
        text: 'later',
        headers: { 'content-type': 'text/plain' },
      })
    await side.by(null, 'POST /_matrix/media/v3/upload', undefined, { text: 'x' })
    for (const method of ['GET', 'PUT', 'DELETE']) await side.by('bob', `${method} /_matrix/media/v3/upload`)
    await side.by('bob', 'POST /_matrix/media/v3/upload', undefined, { text: '' })
    await side.by('bob', `HEAD /_matrix/client/v1/media/download/${side.serverName}/${id}`, undefined, {
      compareHeaders: HEADERS,
    })
    await side.by('bob', `GET /_matrix/client/v1/media/download/${side.serverName}/${id}`, undefined, {
      headers: { range: 'bytes=0-1' },
      compareHeaders: [...HEADERS, 'content-range', 'accept-ranges'],
    })
  },
}
