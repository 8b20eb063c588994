import { Type } from '@ranvier/admin-api/schema'
import type { ForgetRoom } from '../../../rooms/membership.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam } from './params.ts'

const ReasonBody = Type.Object({ reason: Type.Optional(Type.String()) })

/** `POST /rooms/{roomId}/leave`: also turns an invite or a knock down. Leaving again succeeds. */
export function leaveRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/leave',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    body: ReasonBody,
    emptyBody: true,
    async handler({ requester, params: { roomId }, body: { reason } }) {
      await verbs.changeMembership(requester, roomId, {
        target: requester.userId,
        membership: 'leave',
        ...(reason === undefined ? {} : { reason }),
      })
      return {}
    },
  })
}

/** `POST /rooms/{roomId}/forget`: 400 while the requester has not left. */
export function forgetRoute({ forgetRoom }: { forgetRoom: ForgetRoom }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/forget',
    auth: 'user',
    params: { roomId: roomIdParam },
    async handler({ requester, params: { roomId } }) {
      await forgetRoom(requester.userId, roomId)
      return {}
    },
  })
}
