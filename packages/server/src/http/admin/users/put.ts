import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import { checkScope } from '../../../admin-tokens/scope.ts'
import { json } from '../../answer.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'
import { parseAccountChanges } from './put-body.ts'
import { userDetails } from './shape.ts'

/**
 * `PUT /_synapse/admin/v2/users/{userId}`
 *
 * - 201 and a new account, or 200 and what was given changed; everything or nothing
 * - a new password logs the user out unless `logout_devices` is false
 * - `deactivated: true` never erases; `false` opens the account again
 */
export function putUserRoute(deps: AdminUserDeps): Route {
  const { accounts } = deps
  const { config } = accounts
  return adminRoute({
    method: 'PUT',
    path: '/_synapse/admin/v2/users/:userId',
    operationId: 'putUser',
    params: { userId: localUserParam(config.serverName, 'This endpoint can only be used with local users') },
    body: Type.Object({}), // each member has its own errcode: see put-body.ts
    async handler({ requester, params: { userId }, body }) {
      if ((body as JsonObject)['admin'] === true) checkScope(requester, 'access:write')
      const exists = await accounts.reads.exists(userId)
      const changes = parseAccountChanges(body as JsonObject, { exists, config }) // parsed JSON
      const outcome = await accounts.modify(requester, userId, changes)
      const details = await accounts.reads.find(userId)
      return json(outcome === 'created' ? 201 : 200, userDetails(details!, deps)) // it was just written
    },
  })
}
