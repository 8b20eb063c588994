import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Filters } from '../../../client-data/filters.ts'
import { rawJson } from '../../answer.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

/** `POST /user/{userId}/filter`, `GET /user/{userId}/filter/{filterId}` */
export function filterRoutes({ filters }: { filters: Filters }): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/user/:userId/filter',
      auth: 'guest-ok',
      params: { userId: userIdParam },
      body: Type.Object({}),
      async handler({ requester, params: { userId }, body }) {
        return { filter_id: await filters.define(requester, userId, body as JsonObject) } // parsed JSON
      },
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/user/:userId/filter/:filterId',
      auth: 'guest-ok',
      params: { userId: userIdParam },
      async handler({ requester, params: { userId, filterId } }) {
        return rawJson(await filters.get(requester, userId, filterId))
      },
    }),
  ]
}
