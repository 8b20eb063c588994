import { UsernameQuery } from '@ranvier/admin-api/openapi/queries/users'
import type { UsernameAvailable } from '@ranvier/admin-api/users'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

const usernameQuery = queryParams(UsernameQuery)

/** `GET /_synapse/admin/v1/username_available`. A name that cannot be had is answered with its 400, never `false`. */
export function usernameAvailableRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/username_available',
    operationId: 'checkUsername',
    query: usernameQuery,
    async handler({ query: { username } }): Promise<UsernameAvailable> {
      await accounts.checkAvailable(username)
      return { available: true }
    },
  })
}
