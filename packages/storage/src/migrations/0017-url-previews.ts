import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** What was found behind URLs. The release before does not look at it. */
export const urlPreviews: Migration = {
  compatibleSince: 6,
  up: (db) =>
    ddl(
      db,
      `
CREATE TABLE url_previews (
  url TEXT NOT NULL,
  created_ts BIGINT NOT NULL,
  preview TEXT NOT NULL,
  media_id TEXT,
  expires_ts BIGINT NOT NULL,
  PRIMARY KEY (url, created_ts)
) /* by key */;
CREATE INDEX url_previews_by_expiry ON url_previews (expires_ts);
`,
    ),
}
