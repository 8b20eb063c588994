import { Type } from '@ranvier/admin-api/schema'
import type { Accounts } from '../../../accounts/accounts.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `POST /refresh` */
export function refreshRoute({ accounts }: { accounts: Accounts }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/refresh',
    // The early form of this endpoint, which some clients still ask for.
    aliases: ['/_matrix/client/v1/refresh'],
    auth: 'none',
    body: Type.Object({ refresh_token: Type.String() }),
    async handler({ body }) {
      const session = await accounts.refreshSession(body.refresh_token)
      return {
        access_token: session.accessToken,
        refresh_token: session.refreshToken,
        ...(session.expiresInMs !== undefined && { expires_in_ms: session.expiresInMs }),
      }
    },
  })
}
