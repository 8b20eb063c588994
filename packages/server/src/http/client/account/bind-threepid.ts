import { Type } from '@ranvier/admin-api/schema'
import type { Accounts } from '../../../accounts/accounts.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `POST /account/3pid/bind` and `/account/3pid/unbind`: what identity servers tell others about one's addresses. */
export function bindThreepidRoutes({ accounts }: { accounts: Accounts }): Route[] {
  const { boundThreepids } = accounts
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/account/3pid/bind',
      auth: 'user',
      body: Type.Object({
        client_secret: Type.String(),
        sid: Type.String(),
        id_server: Type.String(),
        id_access_token: Type.String(),
      }),
      async handler({ requester, body }) {
        await boundThreepids.bind(requester.userId, {
          sid: body.sid,
          clientSecret: body.client_secret,
          idServer: body.id_server,
          accessToken: body.id_access_token,
        })
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/account/3pid/unbind',
      auth: 'user',
      body: Type.Object({
        medium: Type.String(),
        address: Type.String(),
        id_server: Type.Optional(Type.String()),
      }),
      async handler({ requester, body }) {
        const { medium, address, id_server: idServer } = body
        const isUnbound = await boundThreepids.unbind(requester.userId, { medium, address, idServer })
        return { id_server_unbind_result: isUnbound ? 'success' : 'no-support' }
      },
    }),
  ]
}
