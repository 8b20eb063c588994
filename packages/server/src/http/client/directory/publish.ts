import { Type } from '@ranvier/admin-api/schema'
import type { Storage } from '@ranvier/storage'
import { type PublishRoom, roomIsPublished } from '../../../directory/publish-room.ts'
import { invalidParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam } from '../rooms/params.ts'

const path = '/_matrix/client/v3/directory/list/room/:roomId'

/** `GET /directory/list/room/{roomId}` */
export function publishedRoute(deps: { storage: Storage }): Route {
  return clientRoute({
    method: 'GET',
    path,
    auth: 'none',
    params: { roomId: roomIdParam },
    handler: async ({ params: { roomId } }) => ({
      visibility: (await roomIsPublished(deps, roomId)) ? 'public' : 'private',
    }),
  })
}

/** `PUT /directory/list/room/{roomId}`: `visibility` is `public` unless said otherwise. */
export function publishRoute({ publishRoom }: { publishRoom: PublishRoom }): Route {
  return clientRoute({
    method: 'PUT',
    path,
    auth: 'user',
    adminEffect: true,
    params: { roomId: roomIdParam },
    body: Type.Object({ visibility: Type.Optional(Type.String()) }),
    emptyBody: true,
    async handler({ requester, params: { roomId }, body: { visibility = 'public' } }) {
      if (visibility !== 'public' && visibility !== 'private')
        throw invalidParam("'visibility' must be public or private")
      await publishRoom(requester, roomId, visibility === 'public')
      return {}
    },
  })
}
