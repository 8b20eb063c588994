import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageOptions } from '@ranvier/storage'
import { PostgresDatabases } from '@ranvier/testkit/postgres-databases'

export interface FreshDatabases extends AsyncDisposable {
  /** A database of its own with nothing in it, kept until all of them go. */
  create: () => Promise<StorageOptions>
}

/** In files, or on the server of `TEST_DATABASE_URL`. */
export function freshDatabases(database: 'sqlite' | 'postgres'): FreshDatabases {
  if (database === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'ranvier-floor-'))
    let made = 0
    return {
      create: async () => ({ dialect: 'sqlite', file: join(folder, `${made++}.db`) }),
      [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
    }
  }
  const databases = new PostgresDatabases(process.env['TEST_DATABASE_URL']!)
  return {
    create: () => databases.create({ empty: true }),
    [Symbol.asyncDispose]: () => databases.dropAll(),
  }
}
