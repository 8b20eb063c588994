import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Finds who came or went since a client was there last, without everybody who ever did. Safe while the previous release runs. */
export const presenceByPosition: Migration = {
  compatibleSince: 1,
  up: (db) => ddl(db, 'CREATE INDEX presence_by_position ON presence (position, user_id);\n'),
}
