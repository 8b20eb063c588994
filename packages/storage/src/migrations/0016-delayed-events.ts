import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Events that wait for their time. The release before would not send them, and minds nothing. */
export const delayedEvents: Migration = {
  compatibleSince: 6,
  up: (db) =>
    ddl(
      db,
      `
CREATE TABLE delayed_events (
  delay_id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  device_id TEXT,
  room_id TEXT NOT NULL,
  type TEXT NOT NULL,
  state_key TEXT,
  content TEXT NOT NULL,
  delay_ms BIGINT NOT NULL,
  running_since_ts BIGINT NOT NULL,
  due_ts BIGINT NOT NULL,
  after_position BIGINT NOT NULL
);
CREATE INDEX delayed_events_by_due ON delayed_events (due_ts, delay_id);
CREATE INDEX delayed_events_by_user ON delayed_events (user_id, due_ts);
`,
    ),
}
