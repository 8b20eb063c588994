import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import { type Dialect, openStorage, type Storage, type StorageOptions } from '@ranvier/storage'
import { PostgresDatabases } from './postgres-databases.ts'
import { createMigrated } from './sqlite-template.ts'

/** Opens fresh databases; they are removed when the group of tests ends. */
export interface OpenDatabase {
  /** A fresh database with the schema in place. */
  (): Promise<Storage>
  /** The same, not opened: for tests that open it themselves, several times, or in another process. */
  options(): Promise<StorageOptions>
  /** A database without a schema. */
  emptyOptions(): Promise<StorageOptions>
}

/**
 * Runs the tests defined in `tests` on SQLite (a temporary file) and on PostgreSQL, if `TEST_DATABASE_URL` names a
 * server (`npm test` starts one).
 */
export function databaseMatrix(tests: (open: OpenDatabase, dialect: Dialect) => void): void {
  describe('sqlite', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ranvier-test-'))
    after(() => rmSync(folder, { recursive: true, force: true }))
    let made = 0
    const createEmpty = async () => ({ dialect: 'sqlite' as const, file: join(folder, `${++made}.db`) })
    const create = async () => {
      const options = await createEmpty()
      await createMigrated(options.file)
      return options
    }
    tests(openerOf(create, createEmpty), 'sqlite')
  })

  const url = process.env['TEST_DATABASE_URL']
  const skip = url === undefined ? 'TEST_DATABASE_URL is not set; `npm test` sets it' : false
  describe('postgres', { skip }, () => {
    if (url === undefined) return
    const databases = new PostgresDatabases(url)
    after(() => databases.dropAll())
    tests(
      openerOf(
        () => databases.create(),
        () => databases.create({ empty: true }),
      ),
      'postgres',
    )
  })
}

function openerOf(
  options: () => Promise<StorageOptions>,
  emptyOptions: () => Promise<StorageOptions>,
): OpenDatabase {
  const open = async () => openStorage(await options())
  return Object.assign(open, { options, emptyOptions })
}
