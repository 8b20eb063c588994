import { ddl } from './ddl.ts'
import type { Migration } from './types.ts'

/** Lists of rooms that application services keep for their networks. Safe while the previous release runs: it has none. */
export const networkRooms: Migration = {
  compatibleSince: 1,
  up: (db) =>
    ddl(
      db,
      `CREATE TABLE network_rooms (
         appservice_id TEXT NOT NULL,
         network_id TEXT NOT NULL,
         room_id TEXT NOT NULL,
         PRIMARY KEY (appservice_id, network_id, room_id)
       ) /* by key */;
       CREATE INDEX network_rooms_by_room ON network_rooms (room_id);`,
    ),
}
