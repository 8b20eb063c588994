import { rebuildGrams } from '../stores/account-names/grams.ts'
import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * `user_grams`: how many accounts of each kind have a short part in their names, so that the total of a search for it
 * is a sum of some rows. An older release would leave the counts wrong.
 *
 * On PostgreSQL the indexes of the orders get the id too, as SQLite's have it anyway: then walking one reads no rows.
 *
 * Takes about a minute for a million accounts.
 */
export const accountGrams: Migration = {
  compatibleSince: 4,
  async up(db) {
    await ddl(
      db,
      `CREATE TABLE user_grams (
         gram TEXT NOT NULL,
         kind BIGINT NOT NULL,
         accounts BIGINT NOT NULL,
         PRIMARY KEY (gram, kind)
       ) /* by key */`,
    )
    await rebuildGrams(db)
    if (db.dialect === 'sqlite') return
    for (const [name, columns] of Object.entries(ORDERS)) {
      await db.run(`DROP INDEX users_${name}`)
      await db.run(`CREATE INDEX users_${name} ON users (${columns}, kind, admin) INCLUDE (id)`)
    }
  },
}

const ORDERS = {
  name_up: 'name',
  name_down: 'name DESC',
  displayname_up: 'displayname NULLS FIRST, name',
  displayname_down: 'displayname DESC NULLS LAST, name',
  avatar_url_up: 'avatar_url NULLS FIRST, name',
  avatar_url_down: 'avatar_url DESC NULLS LAST, name',
  creation_ts_up: 'creation_ts, name',
  creation_ts_down: 'creation_ts DESC, name',
  last_seen_ts_up: 'last_seen_ts NULLS FIRST, name',
  last_seen_ts_down: 'last_seen_ts DESC NULLS LAST, name',
}
