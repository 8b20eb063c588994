import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * The members a nameless room is called by are its first ones: found by this index, without sorting all of them. Safe while
 * the previous release runs. Takes some seconds for a million members.
 */
export const membersByAge: Migration = {
  compatibleSince: 1,
  up: (db) => ddl(db, 'CREATE INDEX room_members_by_age ON room_members (room_id, membership, nid);\n'),
}
