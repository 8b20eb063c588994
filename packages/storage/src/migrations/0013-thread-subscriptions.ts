import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Which threads users follow, or have left. `position` is that of the last change in the `account_data` stream,
 * `left_after` the newest event in the `events` stream when the thread was left: what was said before does not bring it
 * back. Safe while the previous release runs: it neither reads nor writes the table.
 */
export const threadSubscriptions: Migration = {
  compatibleSince: 6,
  async up(db) {
    await ddl(
      db,
      `
CREATE TABLE thread_subscriptions (
  user_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  root_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  subscribed BIGINT NOT NULL,
  automatic BIGINT NOT NULL,
  left_after BIGINT NOT NULL,
  PRIMARY KEY (user_id, room_id, root_id)
) /* by key */;
CREATE INDEX thread_subscriptions_by_position ON thread_subscriptions (user_id, position);
CREATE INDEX thread_subscriptions_by_room ON thread_subscriptions (room_id);
`,
    )
  },
}
