import { Type } from '@ranvier/admin-api/schema'
import type { LoginAsAnswer } from '@ranvier/admin-api/users'
import type { JsonObject } from '@ranvier/protocol/json'
import { badRequest } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'
import { ownUserParam } from './params.ts'

/**
 * `POST /_synapse/admin/v1/users/{userId}/login`: a token with which the administrator acts as the user.
 *
 * - it has no device, so the user's device list does not show it
 * - it ends with `/logout`, with the administrator's `/logout/all` and at `valid_until_ms`; not with the user's sessions
 */
export function loginAsUserRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/users/:userId/login',
    operationId: 'loginAsUser',
    params: { userId: ownUserParam(accounts.config.serverName, 'Only local users can be logged in as') },
    body: Type.Object({}), // its member has an errcode of its own
    emptyBody: true,
    async handler({ requester, params: { userId }, body }): Promise<LoginAsAnswer> {
      const validUntilMs = (body as JsonObject)['valid_until_ms'] ?? null // parsed JSON
      if (validUntilMs !== null && !isInteger(validUntilMs))
        throw badRequest("'valid_until_ms' parameter must be an int")
      return { access_token: await accounts.issuePuppetToken(requester, userId, validUntilMs) }
    },
  })
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
