import type { MembershipAction } from '@ranvier/admin-api/bulk-actions'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Membership, Storage } from '@ranvier/storage'
import { badRequest, forbidden, MatrixError, notFound } from '../../errors.ts'
import { loadPower, moderatorsIn } from '../moderators.ts'
import type { RoomWriter } from '../room-writer.ts'
import type { RoomWriters } from '../room-writers.ts'

/** The memberships an action has something to do about; a ban also of those who have never been there. */
export const CONCERNS: Readonly<Record<MembershipAction, readonly Membership[]>> = {
  kick: ['join', 'invite', 'knock'],
  ban: ['join', 'invite', 'knock', 'leave'],
  unban: ['ban'],
  leave: ['join', 'invite', 'knock'],
}

export interface ForcedMembership {
  userId: UserId
  action: MembershipAction
  reason?: string | undefined
}

/** The event that did it and in whose name; `undefined`: there was nothing to do. */
export type MembershipOutcome = { eventId: EventId; sender: UserId; membership: 'leave' | 'ban' } | undefined

/**
 * Takes a user out of a room, keeps them out or lets them in again, in the name of the first who may: the administrator
 * `by` if in the room, then the most powerful user of this server who is. A user of this server whom nobody may kick
 * leaves instead, as if by themselves; `leave` does that at once. No limit counts it and no suspension stops it.
 * 404 `M_NOT_FOUND` for an unknown room, 403 `M_FORBIDDEN` when nobody may, 400 `M_UNKNOWN` for a `leave` of a user of
 * another server.
 */
export type ForceMembership = (
  by: UserId,
  roomId: RoomId,
  change: ForcedMembership,
) => Promise<MembershipOutcome>

export function forceMembership(deps: {
  storage: Pick<Storage, 'read'>
  writers: RoomWriters
  isLocal: (userId: string) => boolean
}): ForceMembership {
  return async (by, roomId, change) => {
    const { userId, action } = change
    if ((await deps.storage.read.rooms.findRoom(roomId)) === undefined) throw notFound(`Room ${roomId}`)
    if (action === 'leave' && !deps.isLocal(userId))
      throw badRequest('Only users of this server can be made to leave')
    return deps.writers.write(roomId, async (room) => {
      const before = await room.membership(userId)
      const hasNothingToDo = before === undefined ? action !== 'ban' : !CONCERNS[action].includes(before)
      if (hasNothingToDo) return undefined
      if (action === 'leave') return setTo(room, userId, change)
      const outcome = await asWhoeverMay(deps.isLocal, room, by, change)
      if (outcome !== undefined) return outcome
      if (action === 'kick' && deps.isLocal(userId)) return setTo(room, userId, change)
      throw forbidden(`No user of this server who is in the room may ${action} ${userId}`)
    })
  }
}

async function asWhoeverMay(
  isLocal: (userId: string) => boolean,
  room: RoomWriter,
  by: UserId,
  change: ForcedMembership,
): Promise<MembershipOutcome> {
  const mostPowerful = await firstJoined(room, moderatorsIn(room, await loadPower(room)).filter(isLocal))
  // Whom the most powerful may not touch, nobody may.
  for (const sender of new Set([by, mostPowerful])) {
    if (sender === undefined || sender === change.userId) continue
    if ((await room.membership(sender)) !== 'join') continue
    try {
      return await setTo(room, sender, change)
    } catch (error) {
      if (!(error instanceof MatrixError && error.errcode === 'M_FORBIDDEN')) throw error
    }
  }
  return undefined
}

async function firstJoined(room: RoomWriter, userIds: readonly UserId[]): Promise<UserId | undefined> {
  for (const userId of userIds) if ((await room.membership(userId)) === 'join') return userId
  return undefined
}

async function setTo(
  room: RoomWriter,
  sender: UserId,
  { userId, action, reason }: ForcedMembership,
): Promise<MembershipOutcome> {
  const membership = action === 'ban' ? 'ban' : 'leave'
  const content: JsonObject = { membership, ...(reason !== undefined && { reason }) }
  const event = await room.append({ type: 'm.room.member', stateKey: userId, sender, content })
  return { eventId: event.eventId, sender, membership }
}
