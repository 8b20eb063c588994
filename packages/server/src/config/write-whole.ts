import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What file systems without hard links say to one. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'])

/**
 * Makes a file that is there with all of its text or not at all, whenever the power goes, and is on disk when this
 * returns. False when there is one of that name already. Throws the file system's error otherwise.
 */
export function writeWhole(path: string, text: string, mode: number): boolean {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFlushed(unfinished, text, mode)
    try {
      linkSync(unfinished, path) // never over another file, as a rename would
    } catch (error) {
      if (!NO_LINKS.has(codeOf(error) ?? '')) throw error
      writeFlushed(path, text, mode)
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(unfinished, { force: true })
  }
  flushFolder(dirname(path))
  return true
}

/** Puts a folder's list of names on disk. Windows cannot open folders, and journals their names. */
export function flushFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function writeFlushed(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
