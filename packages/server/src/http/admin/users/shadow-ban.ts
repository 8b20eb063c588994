import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'
import { ownUserParam } from './params.ts'

/**
 * `POST` and `DELETE /_synapse/admin/v1/users/{userId}/shadow_ban`
 *
 * - works at once, on the sessions the user has
 * - asking again changes nothing and succeeds; there is no body
 */
export function shadowBanRoutes({ accounts }: AdminUserDeps): Route[] {
  const params = {
    userId: ownUserParam(accounts.config.serverName, 'Only local users can be shadow-banned'),
  }
  const setTo = (method: 'POST' | 'DELETE', banned: boolean) =>
    adminRoute({
      method,
      path: '/_synapse/admin/v1/users/:userId/shadow_ban',
      operationId: banned ? 'shadowBanUser' : 'unshadowBanUser',
      params,
      async handler({ params: { userId } }) {
        await accounts.setShadowBanned(userId, banned)
        return {}
      },
    })
  return [setTo('POST', true), setTo('DELETE', false)]
}
