import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Finds devices by their last use, for the administrator's report. The release before neither minds nor needs it. */
export const staleDevices: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE INDEX devices_by_use ON devices (COALESCE(last_seen_ts, created_ts), user_id, device_id)
         WHERE hidden = 0;`,
    ),
}
