import type { Storage } from '@ranvier/storage'
import type { CarryOver } from './carry-over.ts'
import type { CheckInvite } from './check-invite.ts'
import type { ChangeMembership } from './membership.ts'
import type { RoomLimits } from './room-limits.ts'

export interface CheckedMembershipDeps {
  storage: Storage
  limits: RoomLimits
  checkInvite: CheckInvite
  carryOver: CarryOver
}

/**
 * The verb with what this server asks of users before it: limits for joins and knocks, {@link CheckInvite} for invites.
 * Who comes into a room that replaces another finds there what they had set for the old one.
 */
export function checkedMembership(deps: CheckedMembershipDeps, change: ChangeMembership): ChangeMembership {
  return async (by, roomId, what) => {
    const { membership, target } = what
    if (membership === 'invite') await deps.checkInvite(by, roomId, target)
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
