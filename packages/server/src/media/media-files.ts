import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KeyLock } from './key-lock.ts'

/** A file that has arrived whole and is on disk, but does not belong to the store yet. */
export interface ReceivedFile {
  readonly path: string
  readonly sha256: string
  /** Bytes. */
  readonly length: number
}

/**
 * The files of the media store, named by the SHA-256 of their content:
 *
 *     content/ab/cdef…       what was uploaded
 *     thumbnails/ab/cdef…/   pictures made of it, which can be made again
 *     incoming/              uploads on their way in; what is here after a crash is rubbish
 *     orphans/               content no row of the database mentions, about to be removed
 *
 * Which files there are is known to the database alone. A row is written after its content is on disk, and content is
 * removed after its last row, each under the content's lock: so a crash can leave content without a row, never a row
 * without content. One process may change a store at a time.
 */
export class MediaFiles {
  readonly root: string
  readonly #locks = new KeyLock()
  /** Folders known to survive a crash, or on their way to. */
  readonly #folders = new Map<string, Promise<void>>()
  /** Names in `incoming` that this process is writing to. */
  readonly #arriving = new Set<string>()

  constructor(root: string) {
    this.root = root
  }

  /** Runs `work` while nobody else adds or removes this content. */
  locked<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(sha256, work)
  }

  /** Writes a body to disk as it arrives. Rejects with the body's error, or the disk's; nothing is left behind then. */
  async receive(body: AsyncIterable<Buffer>): Promise<ReceivedFile> {
    await this.makeFolder('incoming')
    const name = randomBytes(16).toString('hex')
    const path = join(this.root, 'incoming', name)
    const hash = createHash('sha256')
    let length = 0
    this.#arriving.add(name)
    try {
      const file = await open(path, 'wx', 0o600)
      try {
        for await (const chunk of body) {
          hash.update(chunk)
          length += chunk.length
          await file.writeFile(chunk) // goes on behind what is written, and is never short
        }
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      this.#arriving.delete(name)
    }
    return { path, sha256: hash.digest('hex'), length }
  }

  isArriving(name: string): boolean {
    return this.#arriving.has(name)
  }

  /** Makes a received file part of the store, durably. To be called under the content's lock. */
  async keep(file: ReceivedFile): Promise<void> {
    const path = this.contentPath(file.sha256)
    await this.makeFolder('content', file.sha256.slice(0, 2))
    // Over a file of the same content, if there is one: who reads that one keeps it open.
    await rename(file.path, path)
    await syncFolder(dirname(path))
  }

  /** Throws away a received file that was not kept. */
  discard(file: ReceivedFile): Promise<void> {
    return rm(file.path, { force: true })
  }

  /** Opens a content for reading; `undefined` if it is not in the store. */
  async open(sha256: string): Promise<FileHandle | undefined> {
    return openIfThere(this.contentPath(sha256))
  }

  /** Removes a content and its thumbnails. To be called under the content's lock. */
  async remove(sha256: string): Promise<void> {
    await rm(this.contentPath(sha256), { force: true })
    await rm(this.thumbnailFolder(sha256), { recursive: true, force: true })
  }

  contentPath(sha256: string): string {
    return join(this.root, 'content', ...hashed(sha256))
  }

  thumbnailFolder(sha256: string): string {
    return join(this.root, 'thumbnails', ...hashed(sha256))
  }

  /** Makes a folder below the root, durably, if it is not there. */
  async makeFolder(...names: string[]): Promise<void> {
    let path = this.root
    await this.#ensure(path)
    for (const name of names) {
      path = join(path, name)
      await this.#ensure(path)
    }
  }

  #ensure(path: string): Promise<void> {
    let made = this.#folders.get(path)
    if (made === undefined) {
      made = makeDurableFolder(path)
      this.#folders.set(path, made)
      made.catch(() => this.#folders.delete(path))
    }
    return made
  }
}

function hashed(sha256: string): [string, string] {
  return [sha256.slice(0, 2), sha256.slice(2)]
}

async function makeDurableFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await syncFolder(dirname(path))
}

/** Puts a folder's list of names on disk: without it, a file that is on disk itself may have no name after a crash. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there, and their names are journalled
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Opens a file for reading, `undefined` if there is none. */
export async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whether an error of the file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT'
}
