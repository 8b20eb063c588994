import type { Dialect } from '../../db/types.ts'

/**
 * Accounts and everything that belongs to one.
 *
 * `users` keeps the name, key and `admin` column that published recipes change by hand
 * (`UPDATE users SET admin = 1 WHERE name = '@foo:bar.com'`). `kind` says which row of `user_kinds` the account counts
 * as; `admin` is not part of it, because it may be changed by hand.
 *
 * Five columns have an index for each direction of the admin's list, because the second key (`name`) ascends in both;
 * nulls come first when ascending. They hold what the list filters by, so that rows are read for the page alone. The
 * other orders are few groups in the order of the name. `user_blocks` tells how many accounts of each kind stand
 * between two places of an order.
 */
export const accountsSchema = `
CREATE TABLE users (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  admin BIGINT NOT NULL DEFAULT 0,
  password_hash TEXT,
  creation_ts BIGINT NOT NULL,
  is_guest BIGINT NOT NULL DEFAULT 0,
  deactivated BIGINT NOT NULL DEFAULT 0,
  erased BIGINT NOT NULL DEFAULT 0,
  shadow_banned BIGINT NOT NULL DEFAULT 0,
  locked BIGINT NOT NULL DEFAULT 0,
  suspended BIGINT NOT NULL DEFAULT 0,
  approved BIGINT NOT NULL DEFAULT 1,
  user_type TEXT,
  appservice_id TEXT,
  consent_version TEXT,
  consent_server_notice_sent TEXT,
  consent_ts BIGINT,
  displayname TEXT,
  avatar_url TEXT,
  has_profile BIGINT NOT NULL DEFAULT 1,
  last_seen_ts BIGINT,
  kind BIGINT NOT NULL,
  search_text TEXT NOT NULL
);
CREATE UNIQUE INDEX users_by_name ON users (name);
CREATE INDEX users_by_folded_name ON users (LOWER(name));
CREATE INDEX users_by_kind ON users (kind, name, admin);
CREATE INDEX users_admins ON users (kind, name) WHERE admin = 1;
CREATE INDEX users_name_up ON users (name, kind, admin);
CREATE INDEX users_name_down ON users (name DESC, kind, admin);
CREATE INDEX users_displayname_up ON users (displayname /* nulls first */, name, kind, admin);
CREATE INDEX users_displayname_down ON users (displayname DESC /* nulls last */, name, kind, admin);
CREATE INDEX users_avatar_url_up ON users (avatar_url /* nulls first */, name, kind, admin);
CREATE INDEX users_avatar_url_down ON users (avatar_url DESC /* nulls last */, name, kind, admin);
CREATE INDEX users_creation_ts_up ON users (creation_ts, name, kind, admin);
CREATE INDEX users_creation_ts_down ON users (creation_ts DESC, name, kind, admin);
CREATE INDEX users_last_seen_ts_up ON users (last_seen_ts /* nulls first */, name, kind, admin);
CREATE INDEX users_last_seen_ts_down ON users (last_seen_ts DESC /* nulls last */, name, kind, admin);
CREATE TABLE user_kinds (
  id BIGINT NOT NULL PRIMARY KEY,
  is_guest BIGINT NOT NULL,
  deactivated BIGINT NOT NULL,
  locked BIGINT NOT NULL,
  approved BIGINT NOT NULL,
  shadow_banned BIGINT NOT NULL,
  user_type TEXT NOT NULL,
  accounts BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_kinds_by_traits
  ON user_kinds (is_guest, deactivated, locked, approved, shadow_banned, user_type);
CREATE TABLE user_blocks (
  list TEXT NOT NULL,
  start BLOB NOT NULL,
  kind BIGINT NOT NULL,
  accounts BIGINT NOT NULL,
  PRIMARY KEY (list, start, kind)
) /* by key */;
CREATE TABLE access_tokens (
  id BIGINT NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  device_id TEXT,
  puppets_user_id TEXT,
  valid_until_ms BIGINT,
  refresh_token_id BIGINT,
  used BIGINT NOT NULL DEFAULT 0,
  created_ts BIGINT NOT NULL,
  last_used_ts BIGINT
);
CREATE UNIQUE INDEX access_tokens_by_hash ON access_tokens (token_hash);
CREATE INDEX access_tokens_by_device ON access_tokens (user_id, device_id);
CREATE INDEX access_tokens_by_refresh ON access_tokens (refresh_token_id) WHERE refresh_token_id IS NOT NULL;
CREATE TABLE refresh_tokens (
  id BIGINT NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  parent_id BIGINT,
  expiry_ts BIGINT,
  session_expiry_ts BIGINT
);
CREATE UNIQUE INDEX refresh_tokens_by_hash ON refresh_tokens (token_hash);
CREATE INDEX refresh_tokens_by_device ON refresh_tokens (user_id, device_id);
CREATE TABLE login_tokens (
  token_hash TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  expiry_ts BIGINT NOT NULL
) /* by key */;
CREATE INDEX login_tokens_by_user ON login_tokens (user_id);
CREATE TABLE devices (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  display_name TEXT,
  created_ts BIGINT NOT NULL,
  last_seen_ts BIGINT,
  last_seen_ip TEXT,
  last_seen_user_agent TEXT,
  hidden BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, device_id)
) /* by key */;
CREATE TABLE device_list_changes (
  user_id TEXT NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL
) /* by key */;
CREATE INDEX device_list_changes_by_position ON device_list_changes (position, user_id);
CREATE TABLE user_ips (
  user_id TEXT NOT NULL,
  token_id BIGINT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  device_id TEXT,
  last_seen_ts BIGINT NOT NULL,
  PRIMARY KEY (user_id, token_id, ip)
) /* by key */;
CREATE INDEX user_ips_by_age ON user_ips (last_seen_ts);
CREATE TABLE user_threepids (
  medium TEXT NOT NULL,
  address TEXT NOT NULL,
  user_id TEXT NOT NULL,
  validated_at BIGINT NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (medium, address)
) /* by key */;
CREATE INDEX user_threepids_by_user ON user_threepids (user_id);
CREATE TABLE user_external_ids (
  auth_provider TEXT NOT NULL,
  external_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (auth_provider, external_id)
) /* by key */;
CREATE INDEX user_external_ids_by_user ON user_external_ids (user_id);
CREATE TABLE profile_fields (
  user_id TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (user_id, field)
) /* by key */;
CREATE TABLE registration_tokens (
  token TEXT NOT NULL PRIMARY KEY,
  uses_allowed BIGINT,
  pending BIGINT NOT NULL DEFAULT 0,
  completed BIGINT NOT NULL DEFAULT 0,
  expiry_ts BIGINT
) /* by key */;
CREATE TABLE experimental_features (
  user_id TEXT NOT NULL,
  feature TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  PRIMARY KEY (user_id, feature)
) /* by key */;
CREATE TABLE ratelimit_overrides (
  user_id TEXT NOT NULL PRIMARY KEY,
  messages_per_second BIGINT,
  burst_count BIGINT
) /* by key */;
`

/** What finds parts of names, kept with `users` by the store. PostgreSQL's is made by `search-index.ts`. */
export const accountSearchSchema = (dialect: Dialect) =>
  dialect === 'sqlite'
    ? `CREATE VIRTUAL TABLE users_search USING fts5 (search_text, content='users', content_rowid='id',
         tokenize='trigram case_sensitive 1', columnsize=0)`
    : ''
