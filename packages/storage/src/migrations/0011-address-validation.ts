import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Addresses that are being proven, and tokens that prove to others who somebody is. Safe while the previous release runs:
 * it knows none of the tables.
 *
 * `threepid_sessions.purpose` is what the proof is good for; nothing else takes it. Of tokens only hashes are kept.
 */
export const addressValidation: Migration = {
  compatibleSince: 1,
  async up(db) {
    await ddl(
      db,
      `
CREATE TABLE threepid_sessions (
  sid TEXT NOT NULL PRIMARY KEY,
  purpose TEXT NOT NULL,
  medium TEXT NOT NULL,
  address TEXT NOT NULL,
  client_secret TEXT NOT NULL,
  last_send_attempt BIGINT NOT NULL,
  touched_ts BIGINT NOT NULL,
  validated_ts BIGINT
) /* by key */;
CREATE INDEX threepid_sessions_by_address ON threepid_sessions (address, client_secret, purpose);
CREATE INDEX threepid_sessions_by_age ON threepid_sessions (touched_ts);
CREATE TABLE threepid_tokens (
  sid TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  next_link TEXT,
  expiry_ts BIGINT NOT NULL,
  PRIMARY KEY (sid, token_hash)
) /* by key */;
CREATE TABLE openid_tokens (
  token_hash TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  expiry_ts BIGINT NOT NULL
) /* by key */;
CREATE INDEX openid_tokens_by_age ON openid_tokens (expiry_ts);
CREATE INDEX openid_tokens_by_user ON openid_tokens (user_id);
`,
    )
  },
}
