import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Addresses that were bound to users at identity servers through us, so that they can be unbound there. Safe while the
 * previous release runs: it binds none.
 */
export const boundThreepids: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE bound_threepids (
         user_id TEXT NOT NULL,
         medium TEXT NOT NULL,
         address TEXT NOT NULL,
         id_server TEXT NOT NULL,
         PRIMARY KEY (user_id, medium, address, id_server)
       ) /* by key */;`,
    ),
}
