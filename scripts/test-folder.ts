import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** A run needs a quarter of it. */
const ROOM_BYTES = 4 * 2 ** 30

/** The folder of one run of the tests: for their temporary files and databases. */
export interface TestFolder extends Disposable {
  readonly path: string
}

/**
 * Makes it in memory where the system has a file system there with room: each of thousands of databases is made, flushed
 * and removed, and on a disk that is a good part of the work. Else where temporary files are. Disposing removes it.
 */
export function makeTestFolder(): TestFolder {
  const path = mkdtempSync(join(hasRoom(MEMORY) ? MEMORY : tmpdir(), 'ranvier-tests-'))
  chmodSync(path, 0o711) // PostgreSQL, which is another user where we are root, has its files below
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= ROOM_BYTES
  } catch {
    return false
  }
}
