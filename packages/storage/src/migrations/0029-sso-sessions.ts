import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * By which session at a provider a device was logged in, so that the provider can end it. Safe while the previous release
 * runs: devices that log in there have none.
 */
export const ssoSessions: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `ALTER TABLE devices ADD COLUMN auth_provider TEXT;
       ALTER TABLE devices ADD COLUMN auth_session TEXT;
       CREATE INDEX devices_by_auth_session ON devices (auth_provider, auth_session) WHERE auth_session IS NOT NULL;
       ALTER TABLE login_tokens ADD COLUMN auth_provider TEXT;
       ALTER TABLE login_tokens ADD COLUMN auth_session TEXT;`,
    ),
}
