import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * On SQLite an index holds, in the order of the names, all that lists show of an account: a hundred neighbours stand on three
 * of its pages, and on a hundred of the table's. The one in descending order goes: names are unique, so the ascending one is
 * walked backwards. Safe while the previous release runs; takes some seconds for a million accounts.
 */
export const listedByName: Migration = {
  compatibleSince: 1,
  async up(db) {
    if (db.dialect === 'sqlite') await ddl(db, INDEX)
  },
}

/** The first three are in each index of an order. */
const INDEX = `
DROP INDEX users_name_down;
CREATE INDEX users_listed ON users (name, kind, admin, is_guest, deactivated, erased, shadow_banned, locked, suspended,
  approved, creation_ts, user_type, displayname, avatar_url, last_seen_ts);
`
