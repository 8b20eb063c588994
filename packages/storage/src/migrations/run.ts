import type { Database } from '../db/types.ts'
import { DatabaseTooNewError } from '../errors.ts'
import { ddl } from './ddl.ts'
import { migrations } from './index.ts'

/** The schema version this code writes. */
export const SCHEMA_VERSION = migrations.length

/**
 * Brings the schema up to this code's version, each step in a transaction of its own. Throws `DatabaseTooNewError`
 * when a newer release has made the schema one this code does not understand.
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (db) => {
    await ddl(
      db,
      'CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, compatible_since BIGINT NOT NULL)',
    )
  })
  const row = await database.reader.get<{ version: number; compatible_since: number }>(
    'SELECT version, compatible_since FROM schema_version',
  )
  const version = row?.version ?? 0
  if (row !== undefined && row.compatible_since > SCHEMA_VERSION)
    throw new DatabaseTooNewError(
      `the database has schema version ${version}, which needs a release with version ${row.compatible_since} or later; ` +
        `this one has ${SCHEMA_VERSION}`,
    )
  for (let next = version; next < migrations.length; next++) {
    const migration = migrations[next]!
    await database.transaction(async (db) => {
      await migration.up(db)
      await db.run('DELETE FROM schema_version')
      await db.run(
        'INSERT INTO schema_version (version, compatible_since) VALUES (?, ?)',
        next + 1,
        // What an earlier step asks of the code that works on it, a later one does not take back.
        Math.max(...migrations.slice(0, next + 1).map((step) => step.compatibleSince)),
      )
    })
  }
}
