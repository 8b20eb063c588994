import { notFound } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'
import { userDetails } from './shape.ts'

/** `GET /_synapse/admin/v2/users/{userId}` */
export function getUserRoute(deps: AdminUserDeps): Route {
  const { accounts } = deps
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v2/users/:userId',
    operationId: 'getUser',
    params: { userId: localUserParam(accounts.config.serverName, 'Can only look up local users') },
    async handler({ params: { userId } }) {
      const details = await accounts.reads.find(userId)
      if (details === undefined) throw notFound('User')
      return userDetails(details, deps)
    },
  })
}
