import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Tags } from '../../../client-data/tags.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import { roomIdParam } from '../rooms/params.ts'

const PATH = '/_matrix/client/v3/user/:userId/rooms/:roomId/tags'
const params = { userId: userIdParam, roomId: roomIdParam }

/** `GET …/tags`, `PUT` and `DELETE …/tags/{tag}` */
export function tagRoutes({ tags }: { tags: Tags }): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'user',
      params,
      async handler({ requester, params: { userId, roomId } }) {
        return { tags: await tags.list(requester, userId, roomId) }
      },
    }),
    clientRoute({
      method: 'PUT',
      path: `${PATH}/:tag`,
      auth: 'user',
      params,
      body: Type.Object({}),
      async handler({ requester, params: { userId, roomId, tag }, body }) {
        await tags.put(requester, userId, roomId, tag, body as JsonObject) // parsed JSON
        return {}
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: `${PATH}/:tag`,
      auth: 'user',
      params,
      async handler({ requester, params: { userId, roomId, tag } }) {
        await tags.delete(requester, userId, roomId, tag)
        return {}
      },
    }),
  ]
}
