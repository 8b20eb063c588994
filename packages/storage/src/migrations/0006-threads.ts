import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Threads of rooms: their roots by their newest reply, with the number of replies that are not redacted. They are written
 * with the replies; the foundation has the columns of relations. Threads of before are read out of `events`, by an index
 * that holds nothing but relations. The previous release would not keep the table right.
 */
export const threads: Migration = {
  compatibleSince: 6,
  async up(db) {
    await ddl(
      db,
      `
CREATE TABLE threads (
  room_id TEXT NOT NULL,
  root_id TEXT NOT NULL,
  last_position BIGINT NOT NULL,
  replies BIGINT NOT NULL,
  PRIMARY KEY (room_id, root_id)
) /* by key */;
CREATE INDEX threads_by_activity ON threads (room_id, last_position);
CREATE INDEX events_relations_by_sender ON events (relates_to, rel_type, sender) WHERE relates_to IS NOT NULL;
`,
    )
    await db.run(
      `INSERT INTO threads (room_id, root_id, last_position, replies)
       SELECT room_id, relates_to, max(position), count(*) FROM events
       WHERE relates_to IS NOT NULL AND rel_type = 'm.thread' AND state_key IS NULL AND redacted_by IS NULL
         AND position IS NOT NULL AND status = 0
       GROUP BY room_id, relates_to`,
    )
  },
}
