import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { forbidden } from '../errors.ts'
import type { Typing } from '../notify/typing.ts'
import type { Requester } from '../requester.ts'

export type SetTyping = (
  by: Requester,
  roomId: RoomId,
  userId: UserId,
  /** How long the user types, unless told otherwise; null: no longer. */
  timeoutMs: number | null,
) => Promise<void>

/** Says whether the requester types in a room. 403 for others, and for who is not in the room. */
export function setTyping({ storage, typing }: { storage: Storage; typing: Typing }): SetTyping {
  return async (by, roomId, userId, timeoutMs) => {
    if (by.userId !== userId) throw forbidden("Cannot set another user's typing state")
    const member = await storage.read.members.find(roomId, userId)
    if (member?.membership !== 'join') throw forbidden(`User ${userId} is not in room ${roomId}`)
    // Synapse: admin_api/user_admin_api §Shadow-ban: nobody hears of such a user.
    if (by.shadowBanned) return
    if (timeoutMs === null) typing.stop(roomId, userId)
    else typing.start(roomId, userId, timeoutMs)
  }
}
