import { AdminFlag } from '@ranvier/admin-api/users'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

const PATH = '/_synapse/admin/v1/users/:userId/admin'

/** `GET` and `PUT /_synapse/admin/v1/users/{userId}/admin`. Reading an unknown user's flag gives false. */
export function adminFlagRoutes({ accounts }: AdminUserDeps): Route[] {
  const params = {
    userId: localUserParam(accounts.config.serverName, 'Only local users can be admins of this homeserver'),
  }
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getAdminFlag',
      params,
      handler: async ({ params: { userId } }): Promise<AdminFlag> => ({
        admin: await accounts.reads.isAdmin(userId),
      }),
    }),
    adminRoute({
      method: 'PUT',
      path: PATH,
      operationId: 'setAdminFlag',
      params,
      body: AdminFlag,
      async handler({ requester, params: { userId }, body }) {
        await accounts.setAdmin(requester, userId, body.admin)
        return {}
      },
    }),
  ]
}
