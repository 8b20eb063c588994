import { PostgresDatabase } from '../db/postgres.ts'
import { SqliteDatabase } from '../db/sqlite.ts'
import type { StorageOptions } from '../open.ts'
import { ddl } from './ddl.ts'
import { migrations } from './index.ts'
import type { Migration } from './types.ts'

/** Makes a database as it was before a step of the schema, with the rows that these statements insert. */
export async function fillBefore(
  step: Migration,
  options: StorageOptions,
  rows: readonly string[],
): Promise<void> {
  const before = migrations.indexOf(step)
  await using database =
    options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})
  await database.transaction(async (db) => {
    await ddl(db, 'CREATE TABLE schema_version (version BIGINT NOT NULL, compatible_since BIGINT NOT NULL)')
    for (const migration of migrations.slice(0, before)) await migration.up(db)
    await db.run('INSERT INTO schema_version (version, compatible_since) VALUES (?, ?)', before, before)
    for (const sql of rows) await db.run(sql)
  })
}
