import type { LocalMedia } from '@ranvier/storage'
import { badRequest, notFound, tooLarge } from '../../errors.ts'
import { createRecentCache } from '../../recent-cache.ts'
import type { AccessRecorder } from '../access-recorder.ts'
import { contentOf, type MediaContent } from '../download.ts'
import type { FindReadable, ReadOptions } from '../find-readable.ts'
import type { MediaFiles } from '../media-files.ts'
import type { MediaRef } from '../media-id.ts'
import type { MediaSettings } from '../settings.ts'
import { sniffImage } from './image-format.ts'
import { type ImageInfo, readImageInfo, type ThumbnailWork } from './image-work.ts'
import { BrokenImageError, ThumbnailMaker } from './thumbnail-maker.ts'
import { type Size, type ThumbnailMethod, thumbnailSize } from './thumbnail-size.ts'

const KNOWN_IMAGES = 10_000
/** Not for ever: a disk that cannot be read fails in the same way as a broken picture. */
const BROKEN_FOR_MS = 600_000

export interface ThumbnailWish extends Size {
  method: ThumbnailMethod
  animated: boolean
}

/**
 * A smaller form of a picture, at least as large as wished unless the picture itself is smaller. Throws as
 * {@link FindReadable}; 400 `M_UNKNOWN` for what is no picture, 413 `M_TOO_LARGE` for one with too many pixels.
 */
export type ThumbnailMedia = (ref: MediaRef, wish: ThumbnailWish, how: ReadOptions) => Promise<MediaContent>

export interface ThumbnailDeps {
  findReadable: FindReadable
  files: MediaFiles
  access: AccessRecorder
  settings: Pick<MediaSettings, 'maxImagePixels'>
  onError: (error: unknown) => void
}

export function thumbnailMedia(deps: ThumbnailDeps): ThumbnailMedia {
  const images = new Images(deps.files)
  const maker = new ThumbnailMaker(deps.files, deps.onError)
  const maxPixels = deps.settings.maxImagePixels

  return async (ref, wish, how) => {
    const media = await deps.findReadable(ref, how)
    const image = await images.infoOf(media)
    if (image === undefined) throw notAPicture()
    if (image.width * image.height > maxPixels) throw tooLarge('Content is too large to thumbnail')
    deps.access.record(media.mediaId)
    const box = thumbnailSize(image, wish, wish.method)
    if (box === undefined && canServeOriginal(image, wish)) return original(deps.files, media, image)
    const work = workFor(image, wish, { box, maxPixels })
    try {
      return await maker.get(media.sha256, work)
    } catch (error) {
      if (!(error instanceof BrokenImageError)) throw error
      if (!(await isThere(deps.files, media))) throw notFound('Media') // deleted while we looked at it
      images.forget(media)
      throw notAPicture()
    }
  }
}

const notAPicture = () => badRequest('Cannot generate thumbnails for the requested content')

/** Spec: CS API §Thumbnails: the kinds a thumbnail may be, and nothing that moves unless it was asked to. */
function canServeOriginal(image: ImageInfo, wish: ThumbnailWish): boolean {
  return image.format !== 'avif' && (!image.isAnimated || wish.animated)
}

async function isThere(files: MediaFiles, { sha256 }: LocalMedia): Promise<boolean> {
  const handle = await files.open(sha256)
  await handle?.close()
  return handle !== undefined
}

async function original(files: MediaFiles, media: LocalMedia, image: ImageInfo): Promise<MediaContent> {
  const handle = await files.open(media.sha256)
  if (handle === undefined) throw notFound('Media')
  return contentOf(handle, {
    contentType: `image/${image.format}`,
    fileName: `thumbnail.${image.format === 'jpeg' ? 'jpg' : image.format}`,
  })
}

function workFor(
  image: ImageInfo,
  wish: ThumbnailWish,
  { box, maxPixels }: { box: Size | undefined; maxPixels: number },
): ThumbnailWork {
  // All frames are decoded at once: together they must not be more than one picture may be.
  const animated = wish.animated && image.frames > 1 && image.width * image.height * image.frames <= maxPixels
  const output = animated ? 'webp' : image.format === 'png' || image.hasAlpha ? 'png' : 'jpeg'
  return { ...(box && { box }), method: wish.method, animated, output, maxPixels }
}

/** What pictures are, by their content. */
class Images {
  readonly #files: MediaFiles
  readonly #known = createRecentCache<string, { info: ImageInfo | undefined }>(KNOWN_IMAGES)
  /** Their headers looked like pictures, the rest was none. */
  readonly #broken = createRecentCache<string, true>(KNOWN_IMAGES)

  constructor(files: MediaFiles) {
    this.#files = files
  }

  /** `undefined` for what is no picture. Throws 404 when the content is gone. */
  async infoOf({ sha256 }: LocalMedia): Promise<ImageInfo | undefined> {
    if (this.#broken.peek(sha256)) return undefined // asking for it makes it last no longer
    const known = this.#known.get(sha256)
    if (known !== undefined) return known.info
    const handle = await this.#files.open(sha256)
    if (handle === undefined) throw notFound('Media')
    try {
      const sniffed = await sniffImage(handle)
      const info = sniffed && (await readImageInfo(this.#files.contentPath(sha256), sniffed))
      this.#known.set(sha256, { info })
      return info
    } finally {
      await handle.close()
    }
  }

  /** It turned out to be none: it need not be tried again soon. */
  forget({ sha256 }: LocalMedia): void {
    this.#broken.set(sha256, true, { ttl: BROKEN_FOR_MS })
  }
}
