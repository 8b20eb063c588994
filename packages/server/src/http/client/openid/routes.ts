import { Type } from '@ranvier/admin-api/schema'
import type { OpenIdTokens } from '../../../accounts/sessions/openid.ts'
import { forbidden, missingToken } from '../../../errors.ts'
import { queryString } from '../../query.ts'
import { clientRoute, type Route, route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

/** Tokens for third parties, and what those learn by them. The latter is asked of the federation API, unsigned. */
export function openIdRoutes(deps: { openIdTokens: OpenIdTokens; serverName: string }): Route[] {
  const { openIdTokens, serverName } = deps
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/user/:userId/openid/request_token',
      auth: 'user',
      params: { userId: userIdParam },
      body: Type.Object({}),
      emptyBody: true,
      async handler({ requester, params: { userId } }) {
        if (userId !== requester.userId) throw forbidden('Cannot request tokens for other users.')
        const { token, lifetimeMs } = await openIdTokens.issue(userId)
        return {
          access_token: token,
          token_type: 'Bearer',
          matrix_server_name: serverName,
          expires_in: lifetimeMs / 1000,
        }
      },
    }),
    route({
      method: 'GET',
      path: '/_matrix/federation/v1/openid/userinfo',
      auth: 'none',
      query: (query) => queryString(query, 'access_token'),
      async handler({ query: token }) {
        if (token === undefined) throw missingToken('access_token required')
        return { sub: await openIdTokens.ownerOf(token) }
      },
    }),
  ]
}
