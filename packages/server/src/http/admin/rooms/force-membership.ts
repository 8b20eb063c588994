import { type ForcedMembership, ForceMembershipBody } from '@ranvier/admin-api/memberships'
import { adminRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import type { AdminRoomDeps } from './deps.ts'
import { resolveRoom, roomIdOrAlias } from './params.ts'

/** `POST /_ranvier/admin/v1/rooms/{room}/members/{userId}`: kicks, bans, unbans a user, or makes one leave. */
export function forceMembershipRoute(deps: AdminRoomDeps): Route {
  return adminRoute({
    method: 'POST',
    path: '/_ranvier/admin/v1/rooms/:roomIdOrAlias/members/:userId',
    operationId: 'forceMembership',
    params: { roomIdOrAlias, userId: userIdParam },
    body: ForceMembershipBody,
    async handler({ requester, params, body }): Promise<ForcedMembership> {
      const roomId = await resolveRoom(deps.findAlias, params.roomIdOrAlias)
      const change = { userId: params.userId, action: body.action, reason: body.reason }
      const outcome = await deps.forceMembership(requester.userId, roomId, change)
      return {
        room_id: roomId,
        user_id: params.userId,
        changed: outcome !== undefined,
        ...(outcome !== undefined && { event_id: outcome.eventId, sender: outcome.sender }),
      }
    },
  })
}
