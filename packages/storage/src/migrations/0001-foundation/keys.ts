/**
 * End-to-end encryption. Keys and signatures are kept as canonical JSON, as they were uploaded.
 *
 * `batch` counts a device's uploads: one-time keys are handed out in that order. In `key_signatures` a target is a
 * device id or the public part of a master key; `own` says that signer and owner of the target are one user, because
 * those signatures are read for many targets at once. A deleted backup keeps its row, so that versions are not reused.
 */
export const keysSchema = `
CREATE TABLE device_keys (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  keys TEXT NOT NULL,
  PRIMARY KEY (user_id, device_id)
) /* by key */;
CREATE TABLE one_time_keys (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  key_id TEXT NOT NULL,
  batch BIGINT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (user_id, device_id, algorithm, key_id)
) /* by key */;
CREATE INDEX one_time_keys_in_order ON one_time_keys (user_id, device_id, algorithm, batch, key_id);
CREATE TABLE fallback_keys (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  key_id TEXT NOT NULL,
  key TEXT NOT NULL,
  used BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, device_id, algorithm)
) /* by key */;
CREATE TABLE cross_signing_keys (
  user_id TEXT NOT NULL,
  usage TEXT NOT NULL,
  public_key TEXT NOT NULL,
  key TEXT NOT NULL,
  replaceable_until_ts BIGINT,
  PRIMARY KEY (user_id, usage)
) /* by key */;
CREATE TABLE key_signatures (
  target_user_id TEXT NOT NULL,
  own BIGINT NOT NULL,
  signer_user_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  signer_key_id TEXT NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (target_user_id, own, signer_user_id, target_id, signer_key_id)
) /* by key */;
CREATE INDEX key_signatures_by_signer ON key_signatures (signer_user_id, signer_key_id);
CREATE TABLE user_signature_changes (
  user_id TEXT NOT NULL,
  target_user_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (user_id, target_user_id)
) /* by key */;
CREATE INDEX user_signature_changes_by_position ON user_signature_changes (user_id, position);
CREATE TABLE key_backups (
  user_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  algorithm TEXT NOT NULL,
  auth_data TEXT NOT NULL,
  etag BIGINT NOT NULL DEFAULT 0,
  session_count BIGINT NOT NULL DEFAULT 0,
  deleted BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, version)
) /* by key */;
CREATE TABLE key_backup_sessions (
  user_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  room_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  first_message_index BIGINT NOT NULL,
  forwarded_count BIGINT NOT NULL,
  is_verified BIGINT NOT NULL,
  session_data TEXT NOT NULL,
  PRIMARY KEY (user_id, version, room_id, session_id)
);
`
