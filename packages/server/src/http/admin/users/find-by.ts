import type { FoundUser } from '@ranvier/admin-api/users'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { notFound } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

/** Whose an address, or an identity at a provider of single sign-on, is. Nobody's is 404 `M_NOT_FOUND`. */
export function findUserRoutes({ accounts }: AdminUserDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/auth_providers/:provider/users/:externalId',
      operationId: 'findUserByExternalId',
      handler: async ({ params: { provider: authProvider, externalId } }) =>
        answerOf(await accounts.reads.findByExternalId({ authProvider, externalId })),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/threepid/:medium/users/:address',
      operationId: 'findUserByThreepid',
      handler: async ({ params: { medium, address } }) =>
        answerOf(await accounts.reads.findByThreepid(medium, address)),
    }),
  ]
}

function answerOf(userId: UserId | undefined): FoundUser {
  if (userId === undefined) throw notFound('User')
  return { user_id: userId }
}
