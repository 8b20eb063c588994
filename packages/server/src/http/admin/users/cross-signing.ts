import type { CrossSigningWindow } from '@ranvier/admin-api/users'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

/**
 * `POST /_synapse/admin/v1/users/{userId}/_allow_cross_signing_replacement_without_uia`: for ten minutes the user may
 * replace the cross-signing keys without proving anything. No such user, no such key: 404.
 */
export function allowKeyReplacementRoute({ allowKeyReplacement }: AdminUserDeps): Route {
  return adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/users/:userId/_allow_cross_signing_replacement_without_uia',
    operationId: 'allowKeyReplacement',
    params: { userId: (raw: string) => raw as UserId }, // whatever it is, it has keys or not
    handler: async ({ params: { userId } }): Promise<CrossSigningWindow> => ({
      updatable_without_uia_before_ms: await allowKeyReplacement(userId),
    }),
  })
}
