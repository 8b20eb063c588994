import type { UsernameAvailable } from '@ranvier/admin-api/users'
import { requiredQueryString } from '../../query.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

/** `GET /_synapse/admin/v1/username_available`. A name that cannot be had is answered with its 400, never `false`. */
export function usernameAvailableRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/username_available',
    query: (query) => requiredQueryString(query, 'username'),
    async handler({ query: username }): Promise<UsernameAvailable> {
      await accounts.checkAvailable(username)
      return { available: true }
    },
  })
}
