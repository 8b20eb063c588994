import { type JoinedRoom, JoinRoomBody, MakeRoomAdminBody } from '@ranvier/admin-api/rooms'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam, userIdParam } from '../../user-params.ts'
import type { AdminRoomDeps } from './deps.ts'
import { resolveRoom, roomIdOrAlias } from './params.ts'

/** `POST /_synapse/admin/v1/join/{room}` and `POST /_synapse/admin/v1/rooms/{room}/make_room_admin` */
export function roomMembershipRoutes(deps: AdminRoomDeps): Route[] {
  const params = { roomIdOrAlias }
  const localUser = localUserParam(deps.serverName, 'This endpoint can only be used with local users')
  return [
    adminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/join/:roomIdOrAlias',
      operationId: 'joinRoom',
      body: JoinRoomBody,
      async handler({ requester, params, body }): Promise<JoinedRoom> {
        const userId = localUser(body.user_id)
        const roomId = await resolveRoom(deps.findAlias, roomIdOrAlias(params.roomIdOrAlias))
        await deps.forceJoin(requester, userId, roomId)
        return { room_id: roomId }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/_synapse/admin/v1/rooms/:roomIdOrAlias/make_room_admin',
      operationId: 'makeRoomAdmin',
      params,
      body: MakeRoomAdminBody,
      emptyBody: true,
      async handler({ requester, params, body }) {
        const roomId = await resolveRoom(deps.findAlias, params.roomIdOrAlias)
        const userId = body.user_id === undefined ? requester.userId : userIdParam(body.user_id)
        await deps.makeRoomAdmin(userId, roomId)
        return {}
      },
    }),
  ]
}
