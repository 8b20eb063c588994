import { rebuildParts } from '../stores/account-names/parts.ts'
import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * `user_parts` on SQLite too, instead of a table of FTS5, which takes ten times as long to find some thousand accounts;
 * and localpart and display name apart in it. An older release would keep neither true.
 *
 * Takes about two minutes for a million accounts.
 */
export const partsOfNames: Migration = {
  compatibleSince: 32,
  async up(db) {
    if (db.dialect === 'postgres') await db.run('TRUNCATE user_parts')
    else {
      await db.run('DROP TABLE users_search')
      await ddl(
        db,
        `CREATE TABLE user_parts (
           gram TEXT NOT NULL,
           piece BIGINT NOT NULL,
           entries BLOB NOT NULL,
           PRIMARY KEY (gram, piece)
         ) /* by key */`,
      )
    }
    await rebuildParts(db)
  },
}
