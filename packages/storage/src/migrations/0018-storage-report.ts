import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * What rooms and users take up, as a job has measured it, with an index for each order of the report. `position` is that of
 * the last event when the room was measured: it need not be measured again before there is another.
 */
export const storageReport: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE room_storage (
         room_id TEXT NOT NULL PRIMARY KEY,
         position BIGINT NOT NULL,
         events BIGINT NOT NULL,
         event_bytes BIGINT NOT NULL,
         snapshots BIGINT NOT NULL,
         state_bytes BIGINT NOT NULL,
         measured_ts BIGINT NOT NULL
       ) /* by key */;
       CREATE INDEX room_storage_by_events ON room_storage (events, room_id);
       CREATE INDEX room_storage_by_event_bytes ON room_storage (event_bytes, room_id);
       CREATE INDEX room_storage_by_snapshots ON room_storage (snapshots, room_id);
       CREATE INDEX room_storage_by_state_bytes ON room_storage (state_bytes, room_id);
       CREATE TABLE user_storage (
         user_id TEXT NOT NULL PRIMARY KEY,
         media_files BIGINT NOT NULL,
         media_bytes BIGINT NOT NULL,
         devices BIGINT NOT NULL,
         joined_rooms BIGINT NOT NULL,
         account_data_bytes BIGINT NOT NULL,
         backed_up_keys BIGINT NOT NULL,
         measured_ts BIGINT NOT NULL
       ) /* by key */;
       CREATE INDEX user_storage_by_media_files ON user_storage (media_files, user_id);
       CREATE INDEX user_storage_by_media_bytes ON user_storage (media_bytes, user_id);
       CREATE INDEX user_storage_by_devices ON user_storage (devices, user_id);
       CREATE INDEX user_storage_by_joined_rooms ON user_storage (joined_rooms, user_id);
       CREATE INDEX user_storage_by_account_data ON user_storage (account_data_bytes, user_id);
       CREATE INDEX user_storage_by_backed_up_keys ON user_storage (backed_up_keys, user_id);
`,
    ),
}
