import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * How often a room may be the reason of a notification mail: not again before `last_sent_ts` + `throttle_ms`. Safe while the
 * previous release runs: it sends no such mail.
 */
export const emailThrottles: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE email_throttles (
         user_id TEXT NOT NULL,
         app_id TEXT NOT NULL,
         pushkey TEXT NOT NULL,
         room_id TEXT NOT NULL,
         last_sent_ts BIGINT NOT NULL,
         throttle_ms BIGINT NOT NULL,
         PRIMARY KEY (user_id, app_id, pushkey, room_id)
       ) /* by key */;`,
    ),
}
