import type { Database } from '../db/types.ts'

/**
 * PostgreSQL: the index that finds parts of names. Its extension may be created by who owns the database, but not
 * every hoster allows it, so this is no step of the schema: it is tried at each start until it succeeds, and without
 * it searches read all accounts. SQLite's index is part of the schema.
 */
export async function ensureSearchIndex(database: Database, onError: (error: Error) => void): Promise<void> {
  if (database.dialect !== 'postgres') return
  const present = await database.reader.get(
    `SELECT 1 AS present FROM pg_indexes WHERE schemaname = ANY (current_schemas(false))
     AND indexname = 'users_by_trigram'`,
  )
  if (present !== undefined) return
  try {
    await database.transaction(async (db) => {
      await db.run('CREATE EXTENSION IF NOT EXISTS pg_trgm')
      await db.run(
        'CREATE INDEX IF NOT EXISTS users_by_trigram ON users USING gin (search_text gin_trgm_ops)',
      )
    })
  } catch (error) {
    const message =
      'searching accounts will read all of them: let an administrator of PostgreSQL run ' +
      '`CREATE EXTENSION pg_trgm` in this database, and start again'
    onError(new Error(message, { cause: error }))
  }
}
