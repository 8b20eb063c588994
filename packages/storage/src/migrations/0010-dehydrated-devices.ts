import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Devices that wait to be rehydrated. Safe while the previous release runs: to it they are devices like others. */
export const dehydratedDevices: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `
CREATE TABLE dehydrated_devices (
  user_id TEXT NOT NULL PRIMARY KEY,
  device_id TEXT NOT NULL,
  device_data TEXT NOT NULL
) /* by key */;
`,
    ),
}
