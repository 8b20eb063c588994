import { Type } from '@ranvier/admin-api/schema'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam, userIdParam } from './params.ts'

const UpgradeBody = Type.Object({
  new_version: Type.String(),
  additional_creators: Type.Optional(Type.Array(Type.String())),
})

/** `POST /rooms/{roomId}/upgrade` */
export function upgradeRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/upgrade',
    auth: 'user',
    params: { roomId: roomIdParam },
    body: UpgradeBody,
    async handler({ requester, params, body: { new_version: version, additional_creators = [] } }) {
      const additionalCreators = additional_creators.map(userIdParam)
      const how = { version, additionalCreators }
      return { replacement_room: await verbs.upgradeRoom(requester, params.roomId, how) }
    },
  })
}
