import { Type } from '@ranvier/admin-api/schema'
import type { PresenceStatus } from '../../../client-data/presence.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

const PATH = '/_matrix/client/v3/presence/:userId/status'

const PresenceBody = Type.Object({
  presence: Type.Union([Type.Literal('online'), Type.Literal('unavailable'), Type.Literal('offline')]),
  status_msg: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

/** `GET` and `PUT /presence/{userId}/status` */
export function presenceRoutes({ presenceStatus }: { presenceStatus: PresenceStatus }): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: PATH,
      auth: 'user',
      params: { userId: userIdParam },
      async handler({ requester, params: { userId } }) {
        return presenceStatus.get(requester, userId)
      },
    }),
    clientRoute({
      method: 'PUT',
      path: PATH,
      auth: 'user',
      params: { userId: userIdParam },
      body: PresenceBody,
      async handler({ requester, params: { userId }, body }) {
        await presenceStatus.set(requester, userId, body.presence, body.status_msg ?? null)
        return {}
      },
    }),
  ]
}
