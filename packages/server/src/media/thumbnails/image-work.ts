import type { Sharp } from 'sharp'
import type { ImageFormat, SniffedImage } from './image-format.ts'
import { loadSharp } from './load-sharp.ts'
import type { Size, ThumbnailMethod } from './thumbnail-size.ts'

/** What is known of a picture without decoding it. Sides as it is shown, after its EXIF orientation. */
export interface ImageInfo extends Size {
  format: ImageFormat
  /** 1 for a still picture. */
  frames: number
  /** It moves, also in ways we cannot make thumbnails of. */
  isAnimated: boolean
  hasAlpha: boolean
}

export interface ThumbnailWork {
  /** The original's size when absent. */
  box?: Size
  method: ThumbnailMethod
  /** All frames instead of the first. */
  animated: boolean
  output: 'jpeg' | 'png' | 'webp'
  maxPixels: number
}

const MAX_SECONDS = 20
const QUALITY = 80

/** Reads a picture's header; `undefined` if it makes no sense. */
export async function readImageInfo(path: string, sniffed: SniffedImage): Promise<ImageInfo | undefined> {
  const sharp = await loadSharp()
  try {
    const metadata = await sharp(path, { limitInputPixels: false }).metadata()
    const { width, height } = metadata.autoOrient
    const frames = metadata.pages ?? 1
    return {
      format: sniffed.format,
      width,
      height: metadata.pageHeight ?? height,
      frames,
      isAnimated: frames > 1 || sniffed.isAnimatedPng,
      hasAlpha: metadata.hasAlpha,
    }
  } catch {
    return undefined // libvips has no kinds of errors: whatever it says, it cannot read the file
  }
}

/** A thumbnail of a file. Throws the library's error when the picture is broken or takes too long. */
export async function makeThumbnail(from: string, work: ThumbnailWork): Promise<Buffer> {
  const sharp = await loadSharp()
  const image = sharp(from, {
    animated: work.animated,
    limitInputPixels: work.maxPixels,
    failOn: 'error',
    sequentialRead: true,
  })
  return encode(resize(image.autoOrient(), work), work).timeout({ seconds: MAX_SECONDS }).toBuffer()
}

function resize(image: Sharp, { box, method }: ThumbnailWork): Sharp {
  if (box === undefined) return image
  const fit = method === 'crop' ? 'cover' : 'inside'
  return image.resize({ ...box, fit, withoutEnlargement: true })
}

function encode(image: Sharp, { output, animated }: ThumbnailWork): Sharp {
  if (output === 'jpeg') return image.jpeg({ quality: QUALITY })
  if (output === 'png') return image.png({ compressionLevel: 6 })
  return image.webp({ quality: QUALITY, effort: animated ? 2 : 4 })
}
