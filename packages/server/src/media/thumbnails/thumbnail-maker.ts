import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { contentOf, type MediaContent } from '../download.ts'
import { type MediaFiles, openIfThere } from '../media-files.ts'
import { WorkLimit } from '../work-limit.ts'
import { makeThumbnail, type ThumbnailWork } from './image-work.ts'

const AT_ONCE = 2
const WAITING = 200

/** The picture could not be decoded. */
export class BrokenImageError extends Error {
  override readonly name = 'BrokenImageError'
}

/** Makes thumbnails and keeps them beside the contents. */
export class ThumbnailMaker {
  readonly #files: MediaFiles
  readonly #limit = new WorkLimit({ running: AT_ONCE, waiting: WAITING })
  /** By path: those who ask for one while it is made wait for the same one. */
  readonly #making = new Map<string, Promise<Buffer>>()
  readonly #onError: (error: unknown) => void

  constructor(files: MediaFiles, onError: (error: unknown) => void) {
    this.#files = files
    this.#onError = onError
  }

  /** Throws {@link BrokenImageError}. One that cannot be kept, as on a full disk, is given all the same. */
  async get(sha256: string, work: ThumbnailWork): Promise<MediaContent> {
    const about = {
      contentType: `image/${work.output}`,
      fileName: `thumbnail.${work.output === 'jpeg' ? 'jpg' : work.output}`,
    }
    const path = join(this.#files.thumbnailFolder(sha256), fileNameOf(work))
    const handle = await openIfThere(path)
    if (handle !== undefined) return contentOf(handle, about)
    const body = await this.#makeOnce(path, sha256, work)
    return { body, length: body.length, ...about }
  }

  #makeOnce(path: string, sha256: string, work: ThumbnailWork): Promise<Buffer> {
    let making = this.#making.get(path)
    if (making === undefined) {
      making = this.#limit.run(() => this.#make(path, sha256, work)).finally(() => this.#making.delete(path))
      this.#making.set(path, making)
    }
    return making
  }

  async #make(path: string, sha256: string, work: ThumbnailWork): Promise<Buffer> {
    const bytes = await makeThumbnail(this.#files.contentPath(sha256), work).catch((error: unknown) => {
      throw new BrokenImageError('the picture cannot be decoded', { cause: error })
    })
    await this.#keep(path, sha256, bytes).catch(this.#onError)
    return bytes
  }

  async #keep(path: string, sha256: string, bytes: Buffer): Promise<void> {
    await this.#files.makeFolder('incoming')
    const unfinished = join(this.#files.root, 'incoming', `thumbnail-${randomBytes(8).toString('hex')}`)
    try {
      await writeDurably(unfinished, bytes) // a name for bytes that never reached the disk would be a broken thumbnail for ever
      await this.#files.locked(sha256, async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await rename(unfinished, path)
      })
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }
}

function fileNameOf({ box, method, animated, output }: ThumbnailWork): string {
  const size = box === undefined ? 'full' : `${box.width}x${box.height}-${method}`
  return `${size}${animated ? '-animated' : ''}.${output}`
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
