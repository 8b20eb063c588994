import { SearchUsersQuery } from '@ranvier/admin-api/openapi/queries/users'
import type { SearchedUser } from '@ranvier/admin-api/users'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

const searchQuery = queryParams(SearchUsersQuery)

/** The call has no pages: who finds this many has to write more of the name. */
const MAX_FOUND = 1_000

/**
 * `GET /_synapse/admin/v1/search_users/{any local user id}?term=`: accounts whose ids contain `term`, as a bare array.
 * Password hashes are nobody's business: always null.
 */
export function searchUsersRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/search_users/:userId',
    operationId: 'searchUsers',
    params: { userId: localUserParam(accounts.config.serverName, 'Can only search local users') },
    query: searchQuery,
    async handler({ query: { term } }): Promise<SearchedUser[]> {
      const { accounts: found } = await accounts.reads.list(
        { userId: term, guests: true, locked: true, notUserTypes: [] },
        { orderBy: 'name', dir: 'f', from: 0, limit: MAX_FOUND },
      )
      return found.map((account) => ({
        name: account.userId,
        password_hash: null,
        is_guest: account.isGuest,
        admin: account.admin,
        user_type: account.userType,
      }))
    },
  })
}
