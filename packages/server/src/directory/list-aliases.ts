import type { Storage } from '@ranvier/storage'
import { forbidden } from '../errors.ts'

/**
 * The local aliases of a room, for its members and administrators; for anybody if it is `world_readable`. 403
 * `M_FORBIDDEN` otherwise.
 */
export async function listAliases(
  deps: { storage: Storage },
  userId: string,
  roomId: string,
): Promise<string[]> {
  const { accounts, members, rooms } = deps.storage.read
  const member = await members.find(roomId, userId)
  const mayList =
    member?.membership === 'join' ||
    (await rooms.findRoom(roomId))?.historyVisibility === 'world_readable' ||
    (await accounts.isAdmin(userId))
  if (!mayList) throw forbidden(`User ${userId} is not in room ${roomId}`)
  return rooms.aliasesOf(roomId)
}
