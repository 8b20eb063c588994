/**
 * What clients keep on the server beside rooms. Rows that clients hear of in `/sync` carry the position of their last
 * change; only the newest value is kept. `room_id` and `thread_id` are '' where there is none: null is no key.
 *
 * `unread_checkpoints` holds what `docs/decisions/0003-unread-counts.md` describes; losing it costs time, not truth.
 */
export const clientDataSchema = `
CREATE TABLE account_data (
  user_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  type TEXT NOT NULL,
  content TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (user_id, room_id, type)
) /* by key */;
CREATE INDEX account_data_by_position ON account_data (user_id, position);
CREATE TABLE push_rules (
  user_id TEXT NOT NULL PRIMARY KEY,
  rules TEXT NOT NULL,
  position BIGINT NOT NULL
) /* by key */;
CREATE TABLE filters (
  user_id TEXT NOT NULL,
  filter_id TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (user_id, filter_id)
) /* by key */;
CREATE TABLE receipts (
  room_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  receipt_type TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_position BIGINT NOT NULL,
  ts BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (room_id, user_id, receipt_type, thread_id)
) /* by key */;
CREATE INDEX receipts_by_position ON receipts (room_id, position);
CREATE INDEX receipts_by_user ON receipts (user_id, position);
CREATE TABLE to_device (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (user_id, device_id, position)
) /* by key */;
CREATE TABLE presence (
  user_id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  status_msg TEXT,
  last_active_ts BIGINT NOT NULL,
  currently_active BIGINT NOT NULL,
  position BIGINT NOT NULL
) /* by key */;
CREATE TABLE unread_checkpoints (
  user_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  up_to BIGINT NOT NULL,
  items TEXT NOT NULL,
  PRIMARY KEY (user_id, room_id)
) /* by key */;
`
