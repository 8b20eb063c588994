import type { UserList } from '@ranvier/admin-api/users'
import { ACCOUNT_ORDERS, type AccountFilter, type AccountPage } from '@ranvier/storage'
import { badRequest } from '../../../errors.ts'
import { type Query, queryBool, queryEnum, queryInt, queryList, queryString } from '../../query.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'
import { userListItem } from './shape.ts'

/**
 * `GET /_synapse/admin/v2/users` and `/v3/users`. They differ in `deactivated`: v2 adds deactivated accounts with
 * `true`; v3 lists all of them unless told `true` (only those) or `false` (none).
 */
export function listUsersRoutes(deps: AdminUserDeps): Route[] {
  return [
    listRoute(deps, '/_synapse/admin/v2/users', (query) =>
      queryBool(query, 'deactivated', false) ? undefined : false,
    ),
    listRoute(deps, '/_synapse/admin/v3/users', (query) => queryBool(query, 'deactivated')),
  ]
}

function listRoute(
  { accounts, compat }: AdminUserDeps,
  path: string,
  deactivatedOf: (query: Query) => boolean | undefined,
): Route {
  return adminRoute({
    method: 'GET',
    path,
    query: (query) => ({ page: pageOf(query), filter: filterOf(query, deactivatedOf(query)) }),
    async handler({ query: { filter, page } }): Promise<UserList> {
      const { accounts: found, total } = await accounts.reads.list(filter, page)
      return {
        users: found.map((account) => userListItem(account, compat)),
        total,
        ...(page.from + page.limit < total && { next_token: String(page.from + found.length) }),
      }
    },
  })
}

function pageOf(query: Query): AccountPage {
  return {
    from: queryInt(query, 'from', { default: 0 }),
    limit: queryInt(query, 'limit', { default: 100 }),
    orderBy: queryEnum(query, 'order_by', ACCOUNT_ORDERS, 'name'),
    dir: queryEnum(query, 'dir', ['f', 'b'], 'f'),
  }
}

function filterOf(query: Query, deactivated: boolean | undefined): AccountFilter {
  return {
    userId: asciiString(query, 'user_id'),
    name: queryString(query, 'name'),
    guests: queryBool(query, 'guests', true),
    deactivated,
    locked: queryBool(query, 'locked', false),
    admins: queryBool(query, 'admins'),
    notUserTypes: queryList(query, 'not_user_type'),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what Synapse accepts here
const ASCII = /^[\x00-\x7f]*$/

function asciiString(query: Query, name: string): string | undefined {
  const text = queryString(query, name)
  if (text !== undefined && !ASCII.test(text)) throw badRequest(`Query parameter '${name}' must be ASCII`)
  return text
}
