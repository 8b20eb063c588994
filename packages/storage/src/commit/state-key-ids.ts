import type { WriteHandle } from '../db/types.ts'
import type { NewEvent } from './types.ts'

/**
 * The numbers that stand for the state keys of `events` in snapshots: `type \0 stateKey` → id. New keys get the next
 * numbers; the transaction holds the table's highest number through the events counter it has already taken.
 */
export async function stateKeyIds(
  db: WriteHandle,
  roomId: string,
  events: readonly NewEvent[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (const { event } of events) {
    const stateKey = event.stateKey!
    const name = `${event.type}\0${stateKey}`
    if (ids.has(name)) continue
    const known = await db.get<{ id: number }>(
      'SELECT id FROM state_keys WHERE room_id = ? AND type = ? AND state_key = ?',
      roomId,
      event.type,
      stateKey,
    )
    const row =
      known ??
      (await db.get<{ id: number }>(
        `INSERT INTO state_keys (id, room_id, type, state_key)
         VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM state_keys), ?, ?, ?) RETURNING id`,
        roomId,
        event.type,
        stateKey,
      ))
    ids.set(name, row!.id)
  }
  return ids
}
