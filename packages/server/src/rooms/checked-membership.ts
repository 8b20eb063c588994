import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { cannotLeaveServerNoticeRoom } from '../errors.ts'
import type { CheckInvite } from './check-invite.ts'
import type { ChangeMembership } from './membership.ts'
import type { RoomLimits } from './room-limits.ts'
import type { CarryOver } from './upgrade/carry-over.ts'

export interface CheckedMembershipDeps {
  storage: Storage
  limits: RoomLimits
  checkInvite: CheckInvite
  carryOver: CarryOver
  /** Who invites to rooms with notices of the server: such an invite cannot be rejected. */
  noticesUser?: UserId | undefined
}

/**
 * The verb with what this server asks of users before it: limits for joins and knocks, {@link CheckInvite} for invites.
 * Who comes into a room that replaces another finds there what they had set for the old one.
 */
export function checkedMembership(deps: CheckedMembershipDeps, change: ChangeMembership): ChangeMembership {
  return async (by, roomId, what) => {
    const { membership, target } = what
    if (membership === 'invite') await deps.checkInvite(by, roomId, target)
    if (membership === 'leave' && target === by.userId) await checkMayReject(deps, roomId, target)
    if (membership !== 'join' && membership !== 'knock') return change(by, roomId, what)
    const present = await deps.storage.read.members.find(roomId, target)
    // Joining again changes nothing and counts for nothing.
    if (present?.membership === membership) return change(by, roomId, what)
    await deps.limits.join(by, roomId)
    const eventId = await change(by, roomId, what)
    if (membership === 'join') await deps.carryOver(target, roomId)
    return eventId
  }
}

/** Spec: CS API §Server Notices: what the server has to say is not turned down. Who has joined may leave. */
async function checkMayReject(deps: CheckedMembershipDeps, roomId: RoomId, userId: UserId): Promise<void> {
  if (deps.noticesUser === undefined) return
  const present = await deps.storage.read.members.find(roomId, userId)
  if (present?.membership === 'invite' && present.sender === deps.noticesUser)
    throw cannotLeaveServerNoticeRoom('You cannot reject this invite')
}
