import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * What application services have been told beside events. Safe while the previous release runs: it tells them of events
 * alone, and its transactions have nothing else in them.
 */
export const appserviceNews: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `ALTER TABLE appservice_queues ADD COLUMN device_lists BIGINT;
       ALTER TABLE appservice_queues ADD COLUMN pending_device_lists BIGINT;
       ALTER TABLE appservice_queues ADD COLUMN pending_to_device TEXT;
       CREATE INDEX users_by_appservice ON users (appservice_id) WHERE appservice_id IS NOT NULL;`,
    ),
}
