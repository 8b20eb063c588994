import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** What application services are to hear. Safe while the previous release runs: it does not know of them. */
export const appserviceQueues: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `
CREATE TABLE appservice_queues (
  appservice_id TEXT NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL,
  txn_id BIGINT NOT NULL,
  pending TEXT,
  pending_position BIGINT
) /* by key */;
`,
    ),
}
