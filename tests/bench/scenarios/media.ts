import sharp from 'sharp'
import { ask, callJson } from '../call.ts'
import { lanes } from '../measure.ts'
import type { Scenario } from './scenario.ts'

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
    const current = new Map<number, string>()
    const one = async (lane: number, n: number) => {
      const at = `${url}/_matrix/client/v1/media`
      if (n % 3 === 0) {
        const body = files[(lane * 7 + n) % PICTURES]!
        const upload = {
          url: `${url}/_matrix/media/v3/upload`,
          method: 'POST',
          token,
          body,
          contentType: 'image/jpeg',
        }
        const { content_uri } = await callJson<{ content_uri: string }>(upload)
        current.set(lane, content_uri.slice('mxc://'.length))
      } else if (n % 3 === 1) await ask({ url: `${at}/download/${current.get(lane)}`, token })
      else await ask({ url: `${at}/thumbnail/${current.get(lane)}?width=96&height=96&method=crop`, token })
    }
    return {
      round: (bound) => lanes(4, bound, one, (_, n) => n % 3),
      each: ['upload', 'download', 'thumbnail'],
    }
  },
}

export const media: readonly Scenario[] = [mix]
