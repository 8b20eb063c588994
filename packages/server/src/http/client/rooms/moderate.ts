import { Type } from '@ranvier/admin-api/schema'
import type { Membership } from '@ranvier/protocol/auth/room-state'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam, userIdParam } from './params.ts'

const TargetBody = Type.Object({ user_id: Type.String(), reason: Type.Optional(Type.String()) })

/** What each endpoint makes of a member, and of whom it may. */
const VERBS: { verb: string; membership: Membership; from?: Membership[] }[] = [
  { verb: 'kick', membership: 'leave', from: ['join', 'invite', 'knock'] },
  { verb: 'ban', membership: 'ban' },
  { verb: 'unban', membership: 'leave', from: ['ban'] },
]

/** `POST /rooms/{roomId}/kick`, `/ban`, `/unban`. Kicking who is not there: 403, unbanning who is not banned: 403 `M_BAD_STATE`. */
export function moderateRoutes({ verbs }: { verbs: RoomVerbs }): Route[] {
  return VERBS.map(({ verb, membership, from }) =>
    clientRoute({
      method: 'POST',
      path: `/_matrix/client/v3/rooms/:roomId/${verb}`,
      auth: 'user',
      params: { roomId: roomIdParam },
      body: TargetBody,
      async handler({ requester, params, body: { user_id, reason } }) {
        await verbs.changeMembership(requester, params.roomId, {
          target: userIdParam(user_id),
          membership,
          ...(from === undefined ? {} : { from }),
          ...(reason === undefined ? {} : { reason }),
        })
        return {}
      },
    }),
  )
}
