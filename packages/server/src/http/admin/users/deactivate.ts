import { type DeactivateAnswer, DeactivateBody } from '@ranvier/admin-api/users'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

/**
 * `POST /_synapse/admin/v1/deactivate/{userId}`
 *
 * - the user is logged out everywhere and cannot log in again
 * - parting from rooms goes on in the background (job `part-rooms`)
 * - asking again for a deactivated user changes nothing and succeeds; `erase: true` then erases
 */
export function deactivateUserRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/deactivate/:userId',
    operationId: 'deactivateUser',
    params: { userId: localUserParam(accounts.config.serverName, 'Can only deactivate local users') },
    body: DeactivateBody,
    emptyBody: true,
    async handler({ params: { userId }, body }): Promise<DeactivateAnswer> {
      const { isUnbound } = await accounts.deactivate(userId, { erase: body.erase ?? false })
      return { id_server_unbind_result: isUnbound ? 'success' : 'no-support' }
    },
  })
}
