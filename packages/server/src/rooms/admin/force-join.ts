import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { MatrixError, notFound, userSuspended } from '../../errors.ts'
import type { Requester } from '../../requester.ts'
import { actAs } from '../auto-join.ts'
import type { ChangeMembership } from '../membership.ts'

export type ForceJoin = (by: Requester, userId: UserId, roomId: RoomId) => Promise<void>

/**
 * Brings a user of this server into a room. Into a public one they come by themselves; into any other the administrator
 * invites them first, and must be allowed to: 403 `M_FORBIDDEN`. 404 `M_NOT_FOUND` for an unknown user, 404 `M_UNKNOWN`
 * for an unknown room, 403 `M_USER_SUSPENDED` for a suspended user. Synapse: admin_api/room_membership
 */
export function forceJoin(deps: {
  storage: Pick<Storage, 'read'>
  /** The verb without what is asked of users. */
  changeMembership: ChangeMembership
}): ForceJoin {
  return async (by, userId, roomId) => {
    const { accounts, rooms, members } = deps.storage.read
    const account = await accounts.find(userId)
    if (account === undefined) throw notFound('User')
    const room = await rooms.findRoom(roomId)
    if (room === undefined) throw new MatrixError(404, 'M_UNKNOWN', `Room ${roomId} is not known here`)
    const present = (await members.find(roomId, userId))?.membership
    if (present === 'join') return
    if (account.suspended) throw userSuspended('A suspended user joins no rooms')
    if (room.joinRule !== 'public' && present !== 'invite' && userId !== by.userId)
      await deps.changeMembership(by, roomId, { target: userId, membership: 'invite' })
    const target = actAs(userId, account.isGuest)
    await deps.changeMembership(target, roomId, { target: userId, membership: 'join' })
  }
}
