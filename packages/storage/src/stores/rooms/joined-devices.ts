import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { takePositions } from '../../streams.ts'

// How many devices the joined users of this server have, room by room. A login is not to touch each room of its user: it
// notes with the user how many devices are not counted in rooms yet (`device_list_changes.uncounted`, which is written
// anyway), and a job counts them later. At each moment a room's devices are `rooms.joined_devices`, and what is uncounted
// of its members. Who comes or goes is counted with the same devices as in the other rooms: those that are counted.

/** Devices of a user `u` that are counted in their rooms. */
export const COUNTED = `((SELECT COUNT(*) FROM devices d WHERE d.user_id = u.name)
  - COALESCE((SELECT c.uncounted FROM device_list_changes c WHERE c.user_id = u.name), 0))`

/** From those that are uncounted to the member, whoever plans it: there may be many members. */
const JOINED_DEVICES = `SELECT joined_devices + CAST(COALESCE((
    SELECT SUM(CASE WHEN (SELECT m.membership FROM room_members m WHERE m.room_id = ? AND m.user_id = c.user_id) = 'join'
                 THEN c.uncounted ELSE 0 END)
    FROM device_list_changes c WHERE c.uncounted <> 0), 0) AS BIGINT) AS devices
  FROM rooms WHERE room_id = ?`

/** Who is in more rooms stays uncounted: they are few, and to count one would keep others waiting. */
const MOST_ROOMS = 2_000

/** How many devices of each user are counted in the rooms they are joined to. Users with none may be left out. */
export async function countedDevices(
  db: ReadHandle,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (userIds.length === 0) return new Map()
  const rows = await db.all<{ name: string; devices: number }>(
    `SELECT u.name, ${COUNTED} AS devices FROM users u WHERE u.name = ANY(?)`,
    userIds,
  )
  return new Map(rows.map(({ name, devices }) => [name, devices]))
}

/** Devices of the joined users of this server; 0 for a room that is not there. Grows with who has logged in of late. */
export async function joinedDevices(db: ReadHandle, roomId: string): Promise<number> {
  const row = await db.get<{ devices: number }>(JOINED_DEVICES, roomId, roomId)
  return row?.devices ?? 0
}

/** Counts devices in rooms. */
export class JoinedDeviceWriter {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    this.#db = tx.db
  }

  /**
   * Counts the devices of users behind `after` in their rooms, until it has looked at some `rooms` of them. The last of the
   * users; `undefined` when there are no more.
   */
  async count(after: string, rooms: number): Promise<string | undefined> {
    // Nobody comes or goes meanwhile, in no process.
    await takePositions(this.#db, 'events', 0)
    const users = await this.#db.all<{ user_id: string; uncounted: number }>(
      'SELECT user_id, uncounted FROM device_list_changes WHERE uncounted <> 0 AND user_id > ? ORDER BY user_id LIMIT ?',
      after,
      rooms,
    )
    let looked = 0
    for (const { user_id: userId, uncounted } of users) {
      looked += 1 + (await this.#countOne(userId, uncounted))
      if (looked >= rooms) return userId
    }
    return undefined
  }

  /** In how many rooms. */
  async #countOne(userId: string, uncounted: number): Promise<number> {
    const joined = `SELECT room_id FROM room_members WHERE user_id = ? AND membership = 'join'`
    const beyond = await this.#db.get(`${joined} LIMIT 1 OFFSET ${MOST_ROOMS}`, userId)
    if (beyond !== undefined) return 0
    const rooms = await this.#db.run(
      `UPDATE rooms SET joined_devices = joined_devices + ? WHERE room_id IN (${joined})`,
      uncounted,
      userId,
    )
    await this.#db.send('UPDATE device_list_changes SET uncounted = 0 WHERE user_id = ?', userId)
    return rooms
  }
}
