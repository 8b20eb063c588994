/**
 * Where users want to hear of events. `last_position` is how far in the `events` stream a pusher has been told of them,
 * `badge` the number of unread messages it was told last (null: none yet), `data` JSON text, `pushkey_ts` ms.
 */
export const pushersSchema = `
CREATE TABLE pushers (
  app_id TEXT NOT NULL,
  pushkey TEXT NOT NULL,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  device_id TEXT,
  enabled BIGINT NOT NULL,
  app_display_name TEXT NOT NULL,
  device_display_name TEXT NOT NULL,
  profile_tag TEXT NOT NULL,
  lang TEXT NOT NULL,
  data TEXT NOT NULL,
  pushkey_ts BIGINT NOT NULL,
  last_position BIGINT NOT NULL,
  badge BIGINT,
  PRIMARY KEY (app_id, pushkey, user_id)
) /* by key */;
CREATE INDEX pushers_by_user ON pushers (user_id, kind, enabled);
`
