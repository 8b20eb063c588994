import { Type } from '@ranvier/admin-api/schema'
import type { SearchUsers } from '../../../directory/users/search.ts'
import type { Requester } from '../../../requester.ts'
import { clientRoute, type Route } from '../../route.ts'

const DEFAULT_LIMIT = 10 // Spec: CS API §User directory
const MAX_LIMIT = 50 // Synapse: rest/client/user_directory

const SearchBody = Type.Object({
  search_term: Type.String(),
  limit: Type.Optional(Type.Integer()),
})

/** `POST /user_directory/search`: who can be found, best matches first. 429 for who searches too often. */
export function userSearchRoute(deps: {
  searchUsers: SearchUsers
  limits: { userSearch(by: Requester): Promise<void> }
}): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/user_directory/search',
    auth: 'user',
    body: SearchBody,
    async handler({ requester, body: { search_term, limit = DEFAULT_LIMIT } }) {
      await deps.limits.userSearch(requester)
      const atMost = Math.max(0, Math.min(limit, MAX_LIMIT))
      const { users, limited } = await deps.searchUsers(requester.userId, search_term, atMost)
      const results = users.map(({ userId, displayName, avatarUrl }) => ({
        user_id: userId,
        ...(displayName !== null && { display_name: displayName }),
        ...(avatarUrl !== null && { avatar_url: avatarUrl }),
      }))
      return { results, limited }
    },
  })
}
