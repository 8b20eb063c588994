import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * `list_totals`: how many rooms there are of each sort, and how many reports. An older release would leave them wrong.
 * Reports about rooms that are gone were never shown: they go, and from now on with their room.
 */
export const listTotals: Migration = {
  compatibleSince: 19,
  async up(db) {
    await ddl(
      db,
      `CREATE TABLE list_totals (
         list TEXT NOT NULL,
         kind BIGINT NOT NULL,
         entries BIGINT NOT NULL,
         PRIMARY KEY (list, kind)
       ) /* by key */;
       CREATE INDEX jobs_by_due ON jobs (due_ts, id);
       CREATE INDEX event_reports_by_sender ON event_reports (sender, received_ts, id);
       DELETE FROM event_reports WHERE room_id NOT IN (SELECT room_id FROM rooms);
       INSERT INTO list_totals (list, kind, entries)
         SELECT 'rooms', published * 2 + CASE WHEN joined_count <= 0 THEN 1 ELSE 0 END, COUNT(*) FROM rooms
         GROUP BY published * 2 + CASE WHEN joined_count <= 0 THEN 1 ELSE 0 END;
       INSERT INTO list_totals (list, kind, entries) SELECT 'event_reports', 0, COUNT(*) FROM event_reports;
       INSERT INTO list_totals (list, kind, entries) SELECT 'user_reports', 0, COUNT(*) FROM user_reports;`,
    )
  },
}
