import type { Database } from '../db/types.ts'
import { PUBLIC_LIST, TEXT_LISTS } from '../stores/lists/texts.ts'

/** Columns whose parts are looked for, by the index that finds them. */
const INDEXES = {
  ...Object.fromEntries(
    [...TEXT_LISTS, PUBLIC_LIST].map((list) => [
      `${list}_texts_by_trigram`,
      `${list}_texts USING gin (text gin_trgm_ops)`,
    ]),
  ),
}

/**
 * PostgreSQL: the indexes that find parts of names. Their extension may be created by who owns the database, but not
 * every hoster allows it, so this is no step of the schema: it is tried at each start until it succeeds, and without
 * it searches read all that is searched. SQLite's indexes are part of the schema.
 */
export async function ensureSearchIndex(database: Database, onError: (error: Error) => void): Promise<void> {
  if (database.dialect !== 'postgres') return
  const present = await database.reader.all(
    'SELECT 1 AS present FROM pg_indexes WHERE schemaname = ANY (current_schemas(false)) AND indexname = ANY(?)',
    Object.keys(INDEXES),
  )
  if (present.length === Object.keys(INDEXES).length) return
  try {
    await database.transaction(async (db) => {
      await db.run('CREATE EXTENSION IF NOT EXISTS pg_trgm')
      for (const [name, columns] of Object.entries(INDEXES))
        await db.run(`CREATE INDEX IF NOT EXISTS ${name} ON ${columns}`)
    })
  } catch (error) {
    const message =
      'searching lists will read all of them: let an administrator of PostgreSQL run ' +
      '`CREATE EXTENSION pg_trgm` in this database, and start again'
    onError(new Error(message, { cause: error }))
  }
}
