import sharp from 'sharp'
import { ask, type Call, call } from '../call.ts'
import { lanes } from '../measure.ts'
import { asked, type Scenario } from './scenario.ts'

const PICTURES = 20

/** Pictures that do not compress to nothing: noise, each its own. */
async function pictures(): Promise<Buffer[]> {
  const [width, height] = [320, 240]
  return Promise.all(
    Array.from({ length: PICTURES }, (_, n) => {
      let state = n + 1
      const pixels = Buffer.alloc(width * height * 3)
      for (let i = 0; i < pixels.length; i++) {
        state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
        pixels[i] = state >> 16
      }
      return sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 80 })
        .toBuffer()
    }),
  )
}

const mix: Scenario = {
  name: 'media',
  summary: 'upload a picture, download it, get its thumbnail, 4 at once: each request counts',
  async prepare({ admin }) {
    const files = await pictures()
    const { url, accessToken: token } = admin
    const at = `${url}/_matrix/client/v1/media`
    const upload = (body: Buffer): Call => ({
      url: `${url}/_matrix/media/v3/upload`,
      method: 'POST',
      token,
      body,
      contentType: 'image/jpeg',
    })
    const download = (id: string): Call => ({ url: `${at}/download/${id}`, token })
    const thumbnail = (id: string): Call => ({
      url: `${at}/thumbnail/${id}?width=96&height=96&method=crop`,
      token,
    })
    const idIn = (answer: string) =>
      (JSON.parse(answer) as { content_uri: string }).content_uri.slice('mxc://'.length)
    const current = new Map<number, string>()
    const one = async (lane: number, n: number) => {
      if (n % 3 === 0) current.set(lane, idIn(await call(upload(files[(lane * 7 + n) % PICTURES]!))))
      else await ask(n % 3 === 1 ? download(current.get(lane)!) : thumbnail(current.get(lane)!))
    }
    const uploaded = await asked(upload(files[0]!))
    const id = idIn(uploaded.answer.toString())
    return {
      round: (bound) => lanes(4, bound, one, (_, n) => n % 3),
      each: ['upload', 'download', 'thumbnail'],
      http: { lanes: 4, asked: [uploaded, await asked(download(id)), await asked(thumbnail(id))] },
    }
  },
}

export const media: readonly Scenario[] = [mix]
