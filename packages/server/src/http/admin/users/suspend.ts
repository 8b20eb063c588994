import { SuspendBody } from '@ranvier/admin-api/users'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

/** `PUT /_synapse/admin/v1/suspend/{userId}`. The answer's only key has the user's id in it: clients look for that. */
export function suspendUserRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'PUT',
    path: '/_synapse/admin/v1/suspend/:userId',
    operationId: 'suspendUser',
    params: { userId: localUserParam(accounts.config.serverName, 'Can only suspend local users') },
    body: SuspendBody,
    async handler({ params: { userId }, body }) {
      await accounts.setSuspended(userId, body.suspend)
      return { [`user_${userId}_suspended`]: body.suspend }
    },
  })
}
