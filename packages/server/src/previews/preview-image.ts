import type { Media } from '../media/media.ts'
import { loadSharp } from '../media/thumbnails/load-sharp.ts'
import type { Requester } from '../requester.ts'
import type { Preview } from './build-preview.ts'

export interface PreviewImageDeps {
  upload: Media['upload']
  maxImagePixels: number
}

/** Keeps a picture as a file of this server, and says of it what a preview says. `undefined` for what is no picture. */
export async function keepImage(
  deps: PreviewImageDeps,
  by: Requester,
  image: { body: Buffer; mediaType: string; pageUrl: string },
): Promise<Preview | undefined> {
  const { body, mediaType, pageUrl } = image
  const size = await sizeOf(body, deps.maxImagePixels)
  if (size === undefined) return undefined
  const uri = await deps.upload(by, {
    mediaType,
    fileName: undefined,
    urlCache: pageUrl,
    async *openBody() {
      yield body
    },
  })
  return {
    'og:image': uri,
    'og:image:type': mediaType,
    'og:image:width': size.width,
    'og:image:height': size.height,
    'matrix:image:size': body.length,
  }
}

async function sizeOf(
  body: Buffer,
  limitInputPixels: number,
): Promise<{ width: number; height: number } | undefined> {
  const sharp = await loadSharp()
  try {
    const { width, height } = await sharp(body, { limitInputPixels }).metadata()
    return width && height ? { width, height } : undefined
  } catch {
    return undefined
  }
}
