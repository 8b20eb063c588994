import type { Storage } from '@ranvier/storage'
import { forbidden } from '../errors.ts'

/** The local aliases of a room, for its members; for anybody if it is `world_readable`. 403 `M_FORBIDDEN` otherwise. */
export async function listAliases(
  deps: { storage: Storage },
  userId: string,
  roomId: string,
): Promise<string[]> {
  const { members, rooms } = deps.storage.read
  const member = await members.find(roomId, userId)
  if (member?.membership !== 'join' && (await rooms.findRoom(roomId))?.historyVisibility !== 'world_readable')
    throw forbidden(`User ${userId} is not in room ${roomId}`)
  return rooms.aliasesOf(roomId)
}
