import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Finds the receipts on some events of a room that has many. Safe while the previous release runs. */
export const receiptsByEvent: Migration = {
  compatibleSince: 1,
  up: (db) => ddl(db, 'CREATE INDEX receipts_by_event ON receipts (event_id);\n'),
}
