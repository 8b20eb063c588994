import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * What administrators have done to many at once: `bulk_jobs` has the counts, `bulk_items` each account, file, device or
 * room with what became of it. The row of the work itself is in `jobs`, under the same id; when that has been forgotten,
 * so are these. The release before knows neither table.
 */
export const bulkJobs: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE bulk_jobs (
         id TEXT NOT NULL PRIMARY KEY,
         action TEXT NOT NULL,
         by_user TEXT NOT NULL,
         created_ts BIGINT NOT NULL,
         gathered BIGINT NOT NULL,
         total BIGINT NOT NULL,
         done BIGINT NOT NULL,
         unchanged BIGINT NOT NULL,
         failed BIGINT NOT NULL
       ) /* by key */;
       CREATE INDEX bulk_jobs_by_age ON bulk_jobs (created_ts, id);
       CREATE TABLE bulk_items (
         job_id TEXT NOT NULL,
         seq BIGINT NOT NULL,
         item TEXT NOT NULL,
         state TEXT NOT NULL,
         affected BIGINT NOT NULL,
         error TEXT,
         updated_ts BIGINT,
         PRIMARY KEY (job_id, seq)
       ) /* by key */;
       CREATE INDEX bulk_items_by_state ON bulk_items (job_id, state, seq);
`,
    ),
}
