import { Type } from '@ranvier/admin-api/schema'
import type { PingAppservice } from '../../../appservices/ping.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `POST /appservice/{appserviceId}/ping`: an application service asks whether this server reaches it. */
export function pingAppserviceRoute({ ping }: { ping: PingAppservice }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v1/appservice/:appserviceId/ping',
    aliases: ['/_matrix/client/unstable/fi.mau.msc2659/appservice/:appserviceId/ping'],
    auth: 'user',
    body: Type.Object({ transaction_id: Type.Optional(Type.String()) }),
    emptyBody: true,
    async handler({ requester, params: { appserviceId }, body }) {
      const { durationMs } = await ping(requester, appserviceId, body.transaction_id)
      return { duration_ms: durationMs }
    },
  })
}
