/**
 * Uploaded files. A row of `local_media` is one `mxc://` URI of this server; the file itself lies in the media store under
 * its SHA-256, so several rows may share one.
 *
 * A user's files are listed in eight orders and both directions; equal ones always go by ascending id, so each order but
 * that of the id itself has two indexes. `user_media_totals` keeps the sums those lists and the statistics answer with.
 *
 * `media_reservations` are URIs given out before their content (`POST /media/v1/create`).
 */
export const mediaSchema = `
CREATE TABLE local_media (
  media_id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  media_type TEXT NOT NULL,
  media_length BIGINT NOT NULL,
  upload_name TEXT,
  created_ts BIGINT NOT NULL,
  last_access_ts BIGINT,
  quarantined_by TEXT,
  safe_from_quarantine BIGINT NOT NULL DEFAULT 0,
  authenticated BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  url_cache TEXT
);
CREATE INDEX local_media_by_hash ON local_media (sha256);
CREATE INDEX local_media_quarantined ON local_media (sha256) WHERE quarantined_by IS NOT NULL;
CREATE INDEX local_media_by_use ON local_media (COALESCE(last_access_ts, created_ts), media_id);
CREATE INDEX local_media_of_user ON local_media (user_id, media_id);
CREATE INDEX local_media_upload_name_up ON local_media (user_id, upload_name /* nulls first */, media_id);
CREATE INDEX local_media_upload_name_down ON local_media (user_id, upload_name DESC /* nulls last */, media_id);
CREATE INDEX local_media_created_ts_up ON local_media (user_id, created_ts, media_id);
CREATE INDEX local_media_created_ts_down ON local_media (user_id, created_ts DESC, media_id);
CREATE INDEX local_media_last_access_ts_up ON local_media (user_id, last_access_ts /* nulls first */, media_id);
CREATE INDEX local_media_last_access_ts_down ON local_media (user_id, last_access_ts DESC /* nulls last */, media_id);
CREATE INDEX local_media_media_length_up ON local_media (user_id, media_length, media_id);
CREATE INDEX local_media_media_length_down ON local_media (user_id, media_length DESC, media_id);
CREATE INDEX local_media_media_type_up ON local_media (user_id, media_type, media_id);
CREATE INDEX local_media_media_type_down ON local_media (user_id, media_type DESC, media_id);
CREATE INDEX local_media_quarantined_by_up ON local_media (user_id, quarantined_by /* nulls first */, media_id);
CREATE INDEX local_media_quarantined_by_down ON local_media (user_id, quarantined_by DESC /* nulls last */, media_id);
CREATE INDEX local_media_safe_from_quarantine_up ON local_media (user_id, safe_from_quarantine, media_id);
CREATE INDEX local_media_safe_from_quarantine_down ON local_media (user_id, safe_from_quarantine DESC, media_id);
CREATE TABLE user_media_totals (
  user_id TEXT NOT NULL PRIMARY KEY,
  files BIGINT NOT NULL,
  bytes BIGINT NOT NULL
) /* by key */;
CREATE TABLE media_reservations (
  media_id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_ts BIGINT NOT NULL,
  expires_ts BIGINT NOT NULL,
  authenticated BIGINT NOT NULL
) /* by key */;
CREATE INDEX media_reservations_of_user ON media_reservations (user_id, expires_ts);
CREATE INDEX media_reservations_by_expiry ON media_reservations (expires_ts);
CREATE TABLE media_quarantine_changes (
  id BIGINT NOT NULL PRIMARY KEY,
  media_id TEXT NOT NULL,
  quarantined BIGINT NOT NULL
);
`
