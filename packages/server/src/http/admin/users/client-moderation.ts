import { LockedFlag, SuspendedFlag } from '@ranvier/admin-api/users'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import { checkMayModerate, checkModerates } from '../../../accounts/moderate.ts'
import { invalidParam, notFound } from '../../../errors.ts'
import type { Requester } from '../../../requester.ts'
import { adminRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

/**
 * `GET` and `PUT` `/_matrix/client/v1/admin/suspend/{userId}` and `…/lock/{userId}`: what the admin API does, in the words
 * of the client-server API, with which clients can moderate whatever the server is. Spec: CS API §Server administration
 */
export function clientModerationRoutes({ accounts }: AdminUserDeps): Route[] {
  const params = { userId: ownUserParam(accounts.config.serverName) }
  const accountOf = async (requester: Requester, userId: UserId) => {
    const details = await accounts.reads.find(userId)
    if (details === undefined) throw notFound('User')
    checkModerates(requester, details.account)
    return details.account
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/_matrix/client/v1/admin/suspend/:userId',
      operationId: 'getSuspended',
      params,
      handler: async ({ requester, params: { userId } }) => ({
        suspended: (await accountOf(requester, userId)).suspended,
      }),
    }),
    adminRoute({
      method: 'PUT',
      path: '/_matrix/client/v1/admin/suspend/:userId',
      operationId: 'setSuspended',
      params,
      body: SuspendedFlag,
      async handler({ requester, params: { userId }, body: { suspended } }) {
        await accounts.setSuspended(userId, suspended, (account) => checkMayModerate(requester, account))
        return { suspended }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_matrix/client/v1/admin/lock/:userId',
      operationId: 'getLocked',
      params,
      handler: async ({ requester, params: { userId } }) => ({
        locked: (await accountOf(requester, userId)).locked,
      }),
    }),
    adminRoute({
      method: 'PUT',
      path: '/_matrix/client/v1/admin/lock/:userId',
      operationId: 'setLocked',
      params,
      body: LockedFlag,
      async handler({ requester, params: { userId }, body: { locked } }) {
        await accounts.setLocked(userId, locked, (account) => checkMayModerate(requester, account))
        return { locked }
      },
    }),
  ]
}

/** Unlike in the admin API, a user of another server is 400 `M_INVALID_PARAM` as well. */
function ownUserParam(serverName: ServerName): (raw: string) => UserId {
  return (raw) => {
    const userId = userIdParam(raw)
    if (serverNameOf(userId) !== serverName) throw invalidParam('The user is not of this server')
    return userId
  }
}
