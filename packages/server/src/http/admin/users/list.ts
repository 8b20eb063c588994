import { ListUsersV2Query, ListUsersV3Query } from '@ranvier/admin-api/openapi/queries/users'
import type { ParsedQuery } from '@ranvier/admin-api/openapi/query-params'
import type { AccountFilter, AccountPage } from '@ranvier/storage'
import type { ListAccountTexts } from '../../../accounts/account-texts.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'
import { userListText } from './shape.ts'

const queryV2 = queryParams(ListUsersV2Query)
const queryV3 = queryParams(ListUsersV3Query)

/**
 * `GET /_synapse/admin/v2/users` and `/v3/users`. They differ in `deactivated`: v2 adds deactivated accounts with
 * `true`; v3 lists all of them unless told `true` (only those) or `false` (none).
 */
export function listUsersRoutes(deps: AdminUserDeps): Route[] {
  const list = deps.accounts.reads.textsBy(userListText(deps.compat))
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v2/users',
      operationId: 'listUsers',
      query: queryV2,
      handler: ({ query }) =>
        answer(list, pageOf(query), filterOf(deps, query, query.deactivated ? undefined : false)),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v3/users',
      operationId: 'listUsersV3',
      query: queryV3,
      handler: ({ query }) => answer(list, pageOf(query), filterOf(deps, query, query.deactivated)),
    }),
  ]
}

async function answer(list: ListAccountTexts, page: AccountPage, filter: AccountFilter): Promise<HttpAnswer> {
  const { texts, count, total } = await list(filter, page)
  const next = page.from + page.limit < total ? `,"next_token":"${page.from + count}"` : ''
  return rawJson(['{"users":[', texts.join(','), `],"total":${total}${next}}`])
}

type ListQuery = Omit<ParsedQuery<typeof ListUsersV3Query>, 'deactivated'>

function pageOf({ from, limit, order_by: orderBy, dir }: ListQuery): AccountPage {
  return { from, limit, orderBy, dir }
}

function filterOf(
  { accounts }: AdminUserDeps,
  query: ListQuery,
  deactivated: boolean | undefined,
): AccountFilter {
  const { user_id: userId, name, guests, locked, admins, not_user_type: notUserTypes } = query
  // true is the default and no filter. Synapse: admin_api/user_admin_api §List accounts
  const approved = accounts.config.approval.enabled && !query.approved ? false : undefined
  return { userId, name, guests, deactivated, locked, approved, admins, notUserTypes }
}
