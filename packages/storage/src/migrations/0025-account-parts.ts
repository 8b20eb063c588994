import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * PostgreSQL: `user_parts`, the index of parts of names, instead of one of trigrams. An older release would not keep it
 * true. `0032-parts-of-names.ts` fills it.
 */
export const accountParts: Migration = {
  compatibleSince: 25,
  async up(db) {
    if (db.dialect === 'sqlite') return
    await db.run('DROP INDEX IF EXISTS users_by_trigram')
    await ddl(
      db,
      `CREATE TABLE user_parts (
         gram TEXT NOT NULL,
         piece BIGINT NOT NULL,
         entries BLOB NOT NULL,
         PRIMARY KEY (gram, piece)
       )`,
    )
    // Rows grow: with some room on the page they stay on it. They are no text that could be made shorter.
    await db.run('ALTER TABLE user_parts SET (fillfactor = 80)')
    await db.run('ALTER TABLE user_parts ALTER COLUMN entries SET STORAGE EXTERNAL')
  },
}
