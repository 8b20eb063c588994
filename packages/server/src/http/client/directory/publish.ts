import { Type } from '@ranvier/admin-api/schema'
import type { Storage } from '@ranvier/storage'
import { type ListRoom, type PublishRoom, roomIsPublished } from '../../../directory/publish-room.ts'
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
      await publishRoom(requester, roomId, isPublic(visibility))
      return {}
    },
  })
}

/** `PUT /directory/list/appservice/{networkId}/{roomId}`: application services list rooms of their networks. */
export function listRoomRoute({ listRoom }: { listRoom: ListRoom }): Route {
  return clientRoute({
    method: 'PUT',
    path: '/_matrix/client/v3/directory/list/appservice/:networkId/:roomId',
    auth: 'user',
    params: { networkId: networkIdParam, roomId: roomIdParam },
    body: Type.Object({ visibility: Type.String() }),
    async handler({ requester, params: { networkId, roomId }, body: { visibility } }) {
      await listRoom(requester, roomId, networkId, isPublic(visibility))
      return {}
    },
  })
}

function networkIdParam(raw: string): string {
  if (raw === '' || raw.length > 255 || /[\0|]/.test(raw)) throw invalidParam('This is no id of a network')
  return raw
}

function isPublic(visibility: string): boolean {
  if (visibility !== 'public' && visibility !== 'private')
    throw invalidParam("'visibility' must be public or private")
  return visibility === 'public'
}
