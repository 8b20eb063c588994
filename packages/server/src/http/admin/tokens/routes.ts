import type { TokenScope } from '@ranvier/admin-api/areas'
import { TokensQuery } from '@ranvier/admin-api/openapi/queries/tokens'
import {
  type AdminTokenList,
  type AdminTokenShape,
  type CreatedToken,
  CreateTokenBody,
} from '@ranvier/admin-api/tokens'
import type { AdminToken } from '@ranvier/storage'
import type { AdminTokens } from '../../../admin-tokens/admin-tokens.ts'
import type { Clock } from '../../../clock.ts'
import { notFound } from '../../../errors.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { MOST_ITEMS, pageToken, placeOf } from '../page-token.ts'

const LIST = '/_ranvier/admin/v1/tokens'
const ONE = '/_ranvier/admin/v1/tokens/:tokenId'
const params = { tokenId: tokenIdParam }
const listQuery = queryParams(TokensQuery)

export interface AdminTokenRoutesDeps {
  adminTokens: AdminTokens
  clock: Clock
}

/** `POST` and `GET /_ranvier/admin/v1/tokens`, `GET` and `DELETE …/tokens/{tokenId}`. */
export function adminTokenRoutes({ adminTokens, clock }: AdminTokenRoutesDeps): Route[] {
  const shape = (token: AdminToken) => tokenShape(token, clock.nowMs())
  return [
    adminRoute({
      method: 'POST',
      path: LIST,
      operationId: 'createToken',
      body: CreateTokenBody,
      async handler({ requester, body }): Promise<CreatedToken> {
        const { name, scopes, expires_ts: expiresTs } = body
        const { token, created } = await adminTokens.create(requester, { name, scopes, expiresTs })
        return { token, details: shape(created) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: LIST,
      operationId: 'listTokens',
      query: listQuery,
      async handler({ query }): Promise<AdminTokenList> {
        const [after] = query.from === undefined ? [0] : placeOf(query.from, ['number'])
        const limit = Math.min(query.limit, MOST_ITEMS)
        const found = await adminTokens.list(query.user_id, { after, limit: limit + 1 })
        const tokens = found.slice(0, limit)
        const last = tokens.at(-1)
        return {
          tokens: tokens.map(shape),
          ...(found.length > limit && last !== undefined && { next_token: pageToken([last.id]) }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: ONE,
      operationId: 'getToken',
      params,
      handler: async ({ params: { tokenId } }) => shape(await adminTokens.get(tokenId)),
    }),
    adminRoute({
      method: 'DELETE',
      path: ONE,
      operationId: 'revokeToken',
      params,
      async handler({ params: { tokenId } }) {
        await adminTokens.revoke(tokenId)
        return {}
      },
    }),
  ]
}

function tokenIdParam(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw notFound('Token')
  return Number(text)
}

function tokenShape(token: AdminToken, nowMs: number): AdminTokenShape {
  return {
    id: token.id,
    user_id: token.userId,
    name: token.name,
    scopes: token.scopes as TokenScope[], // checked when it was made
    parent_id: token.parentId,
    created_ts: token.createdTs,
    expires_ts: token.expiresTs,
    last_used_ts: token.lastUsedTs,
    last_used_ip: token.lastUsedIp,
    state: stateOf(token, nowMs),
  }
}

function stateOf({ ended, expiresTs }: AdminToken, nowMs: number): AdminTokenShape['state'] {
  if (ended !== null) return ended === 'owner' ? 'owner_lost_rights' : 'revoked'
  return expiresTs !== null && expiresTs <= nowMs ? 'expired' : 'active'
}
