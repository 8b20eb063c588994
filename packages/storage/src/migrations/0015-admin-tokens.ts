import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Tokens for scripts of administrators, known by hash only. `scopes` is a JSON list. `parent_id` is the token it was made
 * with. `ended` says why it no longer works: `revoked`, or `owner` when the owner ceased to be an administrator.
 */
export const adminTokens: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE admin_tokens (
         id BIGINT NOT NULL PRIMARY KEY,
         token_hash TEXT NOT NULL,
         user_id TEXT NOT NULL,
         name TEXT NOT NULL,
         scopes TEXT NOT NULL,
         parent_id BIGINT,
         created_ts BIGINT NOT NULL,
         expires_ts BIGINT,
         last_used_ts BIGINT,
         last_used_ip TEXT,
         ended TEXT
       );
       CREATE UNIQUE INDEX admin_tokens_by_hash ON admin_tokens (token_hash);
       CREATE INDEX admin_tokens_by_user ON admin_tokens (user_id, id);
       CREATE INDEX admin_tokens_by_parent ON admin_tokens (parent_id) WHERE parent_id IS NOT NULL;
`,
    ),
}
