/**
 * Rooms. `nid` is an event's number in this database; a live event's nid is its position in the `events` stream,
 * outliers and history from other servers get numbers below zero. `position` is null while an event is an outlier.
 * `membership` is what an accepted `m.room.member` said; null for everything else.
 * `rooms` has an index for each order administrators list it by, of use in both directions. `blocked_rooms` names rooms
 * nobody of this server may come into, known here or not, and the administrator who was the first to say so. Three
 * tables of other subjects are found by room here only when a room is deleted.
 * `unpruned_redactions` names the redacted events whose `pdu` is still whole.
 */
export const roomsSchema = `
CREATE TABLE rooms (
  room_id TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  creator TEXT NOT NULL,
  created_ts BIGINT NOT NULL,
  published BIGINT NOT NULL DEFAULT 0,
  extremities TEXT NOT NULL,
  depth BIGINT NOT NULL,
  snapshot BIGINT NOT NULL,
  last_position BIGINT NOT NULL,
  last_ts BIGINT NOT NULL,
  event_count BIGINT NOT NULL,
  state_event_count BIGINT NOT NULL,
  joined_count BIGINT NOT NULL,
  invited_count BIGINT NOT NULL,
  name TEXT,
  topic TEXT,
  avatar_url TEXT,
  canonical_alias TEXT,
  join_rule TEXT,
  history_visibility TEXT,
  guest_access TEXT,
  encryption TEXT,
  room_type TEXT,
  federatable BIGINT NOT NULL DEFAULT 1,
  replacement_room TEXT
);
CREATE INDEX rooms_published ON rooms (joined_count DESC, room_id) WHERE published = 1;
CREATE INDEX rooms_by_name ON rooms (name /* nulls first */, room_id);
CREATE INDEX rooms_by_canonical_alias ON rooms (canonical_alias /* nulls first */, room_id);
CREATE INDEX rooms_by_joined_count ON rooms (joined_count, room_id);
CREATE INDEX rooms_by_version ON rooms (version, room_id);
CREATE INDEX rooms_by_creator ON rooms (creator, room_id);
CREATE INDEX rooms_by_encryption ON rooms (encryption /* nulls first */, room_id);
CREATE INDEX rooms_by_federatable ON rooms (federatable, room_id);
CREATE INDEX rooms_by_published ON rooms (published, room_id);
CREATE INDEX rooms_by_join_rule ON rooms (join_rule /* nulls first */, room_id);
CREATE INDEX rooms_by_guest_access ON rooms (guest_access /* nulls first */, room_id);
CREATE INDEX rooms_by_history_visibility ON rooms (history_visibility /* nulls first */, room_id);
CREATE INDEX rooms_by_state_event_count ON rooms (state_event_count, room_id);
CREATE TABLE blocked_rooms (
  room_id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL
) /* by key */;
CREATE INDEX account_data_by_room ON account_data (room_id) WHERE room_id <> '';
CREATE INDEX unread_checkpoints_by_room ON unread_checkpoints (room_id);
CREATE INDEX key_backup_sessions_by_room ON key_backup_sessions (room_id);
CREATE TABLE events (
  nid BIGINT NOT NULL PRIMARY KEY,
  position BIGINT,
  event_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  type TEXT NOT NULL,
  state_key TEXT,
  sender TEXT NOT NULL,
  depth BIGINT NOT NULL,
  origin_server_ts BIGINT NOT NULL,
  received_ts BIGINT NOT NULL,
  pdu TEXT NOT NULL,
  snapshot BIGINT NOT NULL,
  replaces BIGINT,
  redacted_by TEXT,
  relates_to TEXT,
  rel_type TEXT,
  txn_device TEXT,
  txn_id TEXT,
  status BIGINT NOT NULL DEFAULT 0,
  membership TEXT
);
CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE INDEX events_timeline ON events (room_id, position);
CREATE INDEX events_relations ON events (relates_to, rel_type, position) WHERE relates_to IS NOT NULL;
CREATE INDEX events_invites ON events (sender, received_ts) WHERE membership = 'invite';
CREATE INDEX events_joins ON events (state_key, received_ts, room_id) WHERE membership = 'join';
CREATE TABLE unpruned_redactions (
  event_id TEXT NOT NULL PRIMARY KEY,
  redacted_ts BIGINT NOT NULL
) /* by key */;
CREATE INDEX unpruned_redactions_by_age ON unpruned_redactions (redacted_ts, event_id);
CREATE TABLE state_keys (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id TEXT NOT NULL,
  type TEXT NOT NULL,
  state_key TEXT NOT NULL
);
CREATE UNIQUE INDEX state_keys_by_name ON state_keys (room_id, type, state_key);
CREATE TABLE state_snapshots (
  id BIGINT NOT NULL PRIMARY KEY,
  room_id TEXT NOT NULL,
  parent_id BIGINT,
  depth BIGINT NOT NULL,
  delta BLOB NOT NULL
);
CREATE INDEX state_snapshots_by_room ON state_snapshots (room_id);
CREATE TABLE current_state (
  room_id TEXT NOT NULL,
  type TEXT NOT NULL,
  state_key TEXT NOT NULL,
  nid BIGINT NOT NULL,
  PRIMARY KEY (room_id, type, state_key)
) /* by key */;
CREATE TABLE state_changes (
  room_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  type TEXT NOT NULL,
  state_key TEXT NOT NULL,
  nid BIGINT NOT NULL,
  previous BIGINT,
  PRIMARY KEY (room_id, position, type, state_key)
) /* by key */;
CREATE INDEX state_changes_by_key ON state_changes (room_id, type, state_key, position);
CREATE TABLE room_members (
  room_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  membership TEXT NOT NULL,
  nid BIGINT NOT NULL,
  sender TEXT NOT NULL,
  display_name TEXT,
  avatar_url TEXT,
  forgotten BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (room_id, user_id)
) /* by key */;
CREATE INDEX room_members_by_user ON room_members (user_id, membership, room_id);
CREATE TABLE room_aliases (
  alias TEXT NOT NULL PRIMARY KEY,
  room_id TEXT NOT NULL,
  creator TEXT NOT NULL,
  created_ts BIGINT NOT NULL
);
CREATE INDEX room_aliases_by_room ON room_aliases (room_id);
`
