import { Type } from '@ranvier/admin-api/schema'
import { forbidden, type MatrixError, missingParam } from '../../../errors.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam, userIdParam } from './params.ts'

const InviteBody = Type.Object({
  user_id: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  medium: Type.Optional(Type.String()),
  address: Type.Optional(Type.String()),
  id_server: Type.Optional(Type.String()),
})

/** `POST /rooms/{roomId}/invite`, by user id. Invites by address need an identity server, which we never ask: 403. */
export function inviteRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/invite',
    auth: 'user',
    params: { roomId: roomIdParam },
    body: InviteBody,
    async handler({ requester, params: { roomId }, body: { user_id, reason, medium, address, id_server } }) {
      if (user_id === undefined) {
        if (medium !== undefined && address !== undefined && id_server !== undefined)
          throw threepidInvitesRefused()
        throw missingParam('Missing param: user_id')
      }
      await verbs.changeMembership(requester, roomId, {
        target: userIdParam(user_id),
        membership: 'invite',
        ...(reason === undefined ? {} : { reason }),
      })
      return {}
    },
  })
}

export function threepidInvitesRefused(): MatrixError {
  return forbidden('Looking up third-party identifiers is denied from this server')
}
