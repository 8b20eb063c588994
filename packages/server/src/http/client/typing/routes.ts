import { Type } from '@ranvier/admin-api/schema'
import type { SetTyping } from '../../../client-data/typing.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import { roomIdParam } from '../rooms/params.ts'

const DEFAULT_TIMEOUT_MS = 30_000 // Synapse's

/** `PUT /rooms/{roomId}/typing/{userId}` */
export function typingRoutes({ setTyping }: { setTyping: SetTyping }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/:roomId/typing/:userId',
      auth: 'guest-ok',
      params: { roomId: roomIdParam, userId: userIdParam },
      body: Type.Object({ typing: Type.Boolean(), timeout: Type.Optional(Type.Integer({ minimum: 0 })) }),
      async handler({ requester, params: { roomId, userId }, body: { typing, timeout } }) {
        await setTyping(requester, roomId, userId, typing ? (timeout ?? DEFAULT_TIMEOUT_MS) : null)
        return {}
      },
    }),
  ]
}
