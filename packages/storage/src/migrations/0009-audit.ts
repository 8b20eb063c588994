import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * The audit log, and where jobs are in their stream, so that who missed how they went on can catch up.
 *
 * `audit_log` is only ever added to: both databases refuse to change or delete its rows. `id` is the position in the
 * stream `audit`. `changes` and `jobs` are JSON. Whoever owns the database can still drop the triggers.
 */
export const audit: Migration = {
  compatibleSince: 1,
  async up(db) {
    await db.run("INSERT INTO streams (name, position) VALUES ('audit', 0) ON CONFLICT (name) DO NOTHING")
    await ddl(db, tables)
    for (const trigger of db.dialect === 'sqlite' ? SQLITE_TRIGGERS : POSTGRES_TRIGGERS) await db.run(trigger)
  },
}

const tables = `
CREATE TABLE audit_log (
  id BIGINT NOT NULL PRIMARY KEY,
  ts BIGINT NOT NULL,
  action_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  actor TEXT,
  acting_as TEXT,
  token_id BIGINT,
  token_name TEXT,
  ip TEXT,
  user_agent TEXT,
  target TEXT,
  changes TEXT NOT NULL,
  more_changes BIGINT NOT NULL,
  jobs TEXT NOT NULL
);
CREATE INDEX audit_log_by_time ON audit_log (ts, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, ts, id);
CREATE INDEX audit_log_by_target ON audit_log (target, ts, id);
CREATE INDEX audit_log_by_operation ON audit_log (operation, ts, id);
ALTER TABLE jobs ADD COLUMN audit_id BIGINT;
ALTER TABLE jobs ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_by_position ON jobs (position);
`

const SQLITE_TRIGGERS = [
  `CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
   BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END`,
  `CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
   BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END`,
  // REPLACE deletes without asking the trigger above.
  `CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
   WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
   BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END`,
]

const POSTGRES_TRIGGERS = [
  `CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
   $$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$`,
  `CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
   FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()`,
  `CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
   FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()`,
]
