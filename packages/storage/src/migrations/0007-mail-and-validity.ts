import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Mail that waits to be sent, and accounts that end at some time. Safe while the previous release runs: it knows
 * neither table.
 *
 * `mail_outbox.message` is the whole mail as JSON: it may hold links that prove something, so it goes when it is sent.
 *
 * `account_validity`: `mail_sent` is 1 when no further renewal mail is wanted before `expiration_ts`, `hidden` when the
 * user directory has been told that the account has expired. Of a renewal token only the hash is kept, also after it has
 * been used, to tell who opens its link again.
 */
export const mailAndValidity: Migration = {
  compatibleSince: 1,
  async up(db) {
    await ddl(
      db,
      `
CREATE TABLE mail_outbox (
  id TEXT NOT NULL PRIMARY KEY,
  message TEXT NOT NULL,
  created_ts BIGINT NOT NULL
) /* by key */;
CREATE INDEX mail_outbox_by_age ON mail_outbox (created_ts);
CREATE TABLE account_validity (
  user_id TEXT NOT NULL PRIMARY KEY,
  expiration_ts BIGINT NOT NULL,
  mail_sent BIGINT NOT NULL,
  hidden BIGINT NOT NULL,
  renewal_token_hash TEXT,
  token_used_ts BIGINT
) /* by key */;
CREATE INDEX account_validity_by_mail ON account_validity (mail_sent, expiration_ts, user_id);
CREATE INDEX account_validity_by_hidden ON account_validity (hidden, expiration_ts, user_id);
CREATE UNIQUE INDEX account_validity_by_token ON account_validity (renewal_token_hash)
  WHERE renewal_token_hash IS NOT NULL;
`,
    )
  },
}
