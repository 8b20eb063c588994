import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Contents of files that were deleted, until they are off the disk: rows are gone in a transaction, contents are not. The
 * release before leaves the table empty, and leaves what it did not come to remove to the daily sweep.
 */
export const mediaRemovals: Migration = {
  compatibleSince: 1,
  up: (db) => ddl(db, `CREATE TABLE media_removals (sha256 TEXT NOT NULL PRIMARY KEY) /* by key */;`),
}
