/**
 * What administrators look after.
 *
 * `server_notice_rooms` says where a user gets notices of the server.
 *
 * `destinations` are the servers this one sends to, `destination_rooms` what is to be sent to them, with the position of the
 * last event of each room.
 *
 * `event_reports`, `room_reports` and `user_reports` are what users have complained about; an id is never given twice.
 */
export const adminSchema = `
CREATE INDEX rooms_by_avatar ON rooms (avatar_url) WHERE avatar_url IS NOT NULL;
CREATE INDEX user_directory_by_avatar ON user_directory (avatar_url) WHERE avatar_url IS NOT NULL;
CREATE TABLE event_reports (
  id BIGINT NOT NULL PRIMARY KEY,
  received_ts BIGINT NOT NULL,
  room_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  reason TEXT,
  score BIGINT
);
CREATE INDEX event_reports_by_time ON event_reports (received_ts, id);
CREATE INDEX event_reports_by_room ON event_reports (room_id);
CREATE TABLE room_reports (
  id BIGINT NOT NULL PRIMARY KEY,
  received_ts BIGINT NOT NULL,
  room_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE TABLE user_reports (
  id BIGINT NOT NULL PRIMARY KEY,
  received_ts BIGINT NOT NULL,
  target_user_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX user_reports_by_time ON user_reports (received_ts, id);
CREATE TABLE server_notice_rooms (user_id TEXT NOT NULL PRIMARY KEY, room_id TEXT NOT NULL) /* by key */;
CREATE TABLE destinations (
  destination TEXT NOT NULL PRIMARY KEY,
  retry_last_ts BIGINT NOT NULL,
  retry_interval BIGINT NOT NULL,
  failure_ts BIGINT,
  last_successful_stream_ordering BIGINT
) /* by key */;
CREATE TABLE destination_rooms (
  destination TEXT NOT NULL,
  room_id TEXT NOT NULL,
  stream_ordering BIGINT NOT NULL,
  PRIMARY KEY (destination, room_id)
) /* by key */;
`
