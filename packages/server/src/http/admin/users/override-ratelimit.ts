import { Type } from '@ranvier/admin-api/schema'
import type { RateLimitOverrideAnswer } from '@ranvier/admin-api/users'
import type { Json, JsonObject } from '@ranvier/protocol/json'
import { invalidParam } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'
import { type AdminUserDeps, checkExists } from './deps.ts'
import { ownUserParam } from './params.ts'

const PATH = '/_synapse/admin/v1/users/:userId/override_ratelimit'

/** `GET`, `POST` and `DELETE /_synapse/admin/v1/users/{userId}/override_ratelimit`. No override is `{}`. */
export function overrideRateLimitRoutes({ accounts }: AdminUserDeps): Route[] {
  const { rateLimitOverrides, config } = accounts
  const params = { userId: ownUserParam(config.serverName, 'Only local users can be ratelimited') }
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getRateLimit',
      params: { userId: ownUserParam(config.serverName, 'Can only look up local users') },
      async handler({ params: { userId } }): Promise<RateLimitOverrideAnswer | object> {
        const override = await rateLimitOverrides.find(userId)
        if (override === undefined) return {}
        return { messages_per_second: override.messagesPerSecond, burst_count: override.burstCount }
      },
    }),
    adminRoute({
      method: 'POST',
      path: PATH,
      operationId: 'setRateLimit',
      params,
      body: Type.Object({}), // its members have an errcode of their own
      emptyBody: true,
      async handler({ params: { userId }, body }): Promise<RateLimitOverrideAnswer> {
        await checkExists(accounts, userId)
        const given = body as JsonObject // parsed JSON
        const messagesPerSecond = countOf(given['messages_per_second'])
        const burstCount = countOf(given['burst_count'])
        await rateLimitOverrides.set(userId, { messagesPerSecond, burstCount })
        return { messages_per_second: messagesPerSecond, burst_count: burstCount }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: PATH,
      operationId: 'deleteRateLimit',
      params,
      async handler({ params: { userId } }) {
        await rateLimitOverrides.remove(userId)
        return {}
      },
    }),
  ]
}

function countOf(value: Json | undefined): number {
  if (value === undefined) return 0
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalidParam(`${JSON.stringify(value).slice(0, 100)} is not a non-negative integer`)
}
