import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/**
 * Rooms know how many devices their members have (`stores/rooms/joined-devices.ts`). An older release would leave that
 * wrong. Takes some seconds for a million members.
 */
export const joinedDevices: Migration = {
  compatibleSince: 34,
  async up(db) {
    await ddl(
      db,
      `ALTER TABLE rooms ADD COLUMN joined_devices BIGINT NOT NULL DEFAULT 0;
       ALTER TABLE device_list_changes ADD COLUMN uncounted BIGINT NOT NULL DEFAULT 0;
       CREATE INDEX device_list_changes_uncounted ON device_list_changes (user_id) WHERE uncounted <> 0;`,
    )
    await db.run(
      `UPDATE rooms SET joined_devices = (SELECT COUNT(*) FROM room_members m JOIN devices d ON d.user_id = m.user_id
         WHERE m.room_id = rooms.room_id AND m.membership || '' = 'join')`,
    )
  },
}
