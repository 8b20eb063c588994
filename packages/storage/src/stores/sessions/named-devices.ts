import type { UserId } from '@ranvier/protocol/ids/brands'
import { askPairs, pairQuestion } from '../../db/pairs.ts'
import type { ReadHandle } from '../../db/types.ts'

/** A device by its user and id. */
export interface DeviceName {
  userId: UserId
  deviceId: string
}

/** Exported for tests of its plan. */
export const NAMED_DEVICES = pairQuestion(
  'd.user_id, d.device_id',
  'devices d',
  'd.user_id = wanted.first AND d.device_id = wanted.second AND d.hidden = 0',
)

/** Those of them that exist, in no order. None may be named twice. */
export async function existingDevices(db: ReadHandle, names: readonly DeviceName[]): Promise<DeviceName[]> {
  const pairs = names.map(({ userId, deviceId }) => [userId, deviceId] as const)
  const rows = await askPairs<{ user_id: UserId; device_id: string }>(db, NAMED_DEVICES, pairs)
  return rows.map((row) => ({ userId: row.user_id, deviceId: row.device_id }))
}
