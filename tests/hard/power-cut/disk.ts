import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogRecord } from './log.ts'

const SECTOR_BYTES = 512
const TORN = 0.2

interface Change {
  /** Its place in the log. */
  at: number
  /** `undefined`: the file is cut or grown to `offset`. */
  bytes: Buffer | undefined
  offset: number
}

/** A file or folder, whatever its names are. */
interface Inode {
  isFolder: boolean
  content: Buffer
  /** What no flush has covered yet, in order. */
  pending: Change[]
}

interface NameChange {
  at: number
  path: string
  /** `undefined`: the name is gone. */
  inode: Inode | undefined
}

/**
 * A disk that keeps what it must, and no more: bytes of a file once a flush of the file that began after them has ended,
 * a name once its folder has been flushed. Everything else it may have kept, in any choice and half (`write`).
 */
export class Disk {
  /** Names as the running system sees them. */
  readonly #names = new Map<string, Inode>()
  readonly #keptNames = new Map<string, Inode>()
  #pendingNames: NameChange[] = []
  readonly #inodes = new Set<Inode>()
  readonly #flushes = new Map<number, { at: number; inode: Inode | undefined }>()

  /** Takes up the next record; `at` is its place in the log. */
  apply({ kind, path, offset, number, bytes }: LogRecord, at: number): void {
    switch (kind) {
      case 'W':
        this.#inode(path).pending.push({ at, offset, bytes })
        break
      case 'T':
        this.#inode(path).pending.push({ at, offset, bytes: undefined })
        break
      case 'C':
      case 'M':
        this.#rename(at, path, this.#newInode(kind === 'M'))
        break
      case 'U':
        this.#rename(at, path, undefined)
        break
      case 'R':
      case 'L': {
        const inode = this.#inode(path)
        this.#rename(at, bytes.toString(), inode)
        if (kind === 'R') this.#rename(at, path, undefined)
        break
      }
      case 'B':
        this.#flushes.set(number, { at, inode: this.#names.get(path) })
        break
      case 'E':
        this.#flushed(path, number)
        break
      case 'S':
        break
    }
  }

  /** Writes what a power cut now may leave to `folder`: of what was not flushed each change with the chance `kept`. */
  write(folder: string, kept: number, random: () => number): void {
    const names = new Map(this.#keptNames)
    for (const change of this.#pendingNames) if (random() < kept) setName(names, change)
    for (const [path, inode] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!hasFolders(names, path)) continue
      const to = join(folder, path)
      if (inode.isFolder) mkdirSync(to, { recursive: true })
      else {
        mkdirSync(dirname(to), { recursive: true })
        writeFileSync(to, survivorsOf(inode, kept, random))
      }
    }
  }

  #inode(path: string): Inode {
    const found = this.#names.get(path)
    if (found === undefined) throw new Error(`the log speaks of ${path} before it was made`)
    return found
  }

  #newInode(isFolder: boolean): Inode {
    const inode = { isFolder, content: Buffer.alloc(0), pending: [] }
    this.#inodes.add(inode)
    return inode
  }

  #rename(at: number, path: string, inode: Inode | undefined): void {
    setName(this.#names, { path, inode })
    this.#pendingNames.push({ at, path, inode })
  }

  #flushed(path: string, number: number): void {
    const flush = this.#flushes.get(number)
    if (flush === undefined) throw new Error(`flush ${number} of ${path} ends without having begun`)
    this.#flushes.delete(number)
    const covers = ({ at }: { at: number }) => at < flush.at
    if (flush.inode === undefined || flush.inode.isFolder) {
      for (const change of this.#pendingNames)
        if (covers(change) && folderOf(change.path) === path) setName(this.#keptNames, change)
      this.#pendingNames = this.#pendingNames.filter(
        (change) => !covers(change) || folderOf(change.path) !== path,
      )
      return
    }
    const { inode } = flush
    for (const change of inode.pending) if (covers(change)) inode.content = changed(inode.content, change)
    inode.pending = inode.pending.filter((change) => !covers(change))
  }
}

function setName(names: Map<string, Inode>, { path, inode }: Pick<NameChange, 'path' | 'inode'>): void {
  if (inode === undefined) names.delete(path)
  else names.set(path, inode)
}

/** '' is the folder that was there from the beginning. */
function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

function hasFolders(names: ReadonlyMap<string, Inode>, path: string): boolean {
  const folder = folderOf(path)
  return folder === '' || (names.has(folder) && hasFolders(names, folder))
}

function changed(content: Buffer, { offset, bytes }: Change): Buffer {
  if (bytes === undefined) return resized(content, offset)
  const grown = content.length < offset + bytes.length ? resized(content, offset + bytes.length) : content
  bytes.copy(grown, offset)
  return grown
}

/** Room for more is kept behind a file that grows: it will grow again. */
function resized(content: Buffer, length: number): Buffer {
  if (length > content.length && content.byteOffset === 0 && content.buffer.byteLength >= length)
    return Buffer.from(content.buffer, 0, length).fill(0, content.length)
  const result = Buffer.from(new ArrayBuffer(length > content.length ? length * 2 : length), 0, length)
  content.copy(result)
  return result
}

function survivorsOf({ content, pending }: Inode, kept: number, random: () => number): Buffer {
  let result: Buffer = Buffer.from(new Uint8Array(content).buffer)
  for (const change of pending) {
    if (random() >= kept) continue
    const { bytes, offset } = change
    if (bytes === undefined || kept === 1 || random() >= TORN) result = changed(result, change)
    else for (const part of sectorsOf(bytes, offset)) if (random() < 0.5) result = changed(result, part)
  }
  return result
}

function* sectorsOf(bytes: Buffer, offset: number): Generator<Change> {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES))
    yield { at: 0, offset: offset + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}
