import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isJsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'

/** The rooms whose members may join, as `allow` of the join rules names them. Spec: CS API §m.room.join_rules. */
export function allowedRooms(allow: unknown): RoomId[] {
  if (!Array.isArray(allow)) return []
  return allow.flatMap((condition) =>
    isJsonObject(condition) && condition['type'] === 'm.room_membership' && isRoomId(condition['room_id'])
      ? [condition['room_id']]
      : [],
  )
}

/** Whether the user is in any of the rooms. */
export async function isJoinedToOne(
  storage: Storage,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<boolean> {
  for (const roomId of roomIds) {
    if ((await storage.read.members.find(roomId, userId))?.membership === 'join') return true
  }
  return false
}
