import { Type } from '@ranvier/admin-api/schema'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { MAX_ID_BYTES } from '@ranvier/protocol/ids/limits'
import type { JsonObject } from '@ranvier/protocol/json'
import { checkScope } from '../../../admin-tokens/scope.ts'
import { invalidUsername } from '../../../errors.ts'
import { json } from '../../answer.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'
import { parseAccountChanges } from './put-body.ts'
import { userDetails } from './shape.ts'

/** As {@link localUserParam}, but an id that is only too long is a name nobody can have: 400 `M_INVALID_USERNAME`. */
function accountToBe(serverName: ServerName): (raw: string) => UserId {
  const parse = localUserParam(serverName, 'This endpoint can only be used with local users')
  return (raw) => {
    const isOurs = raw.startsWith('@') && raw.indexOf(':') === raw.length - serverName.length - 1
    if (isOurs && raw.endsWith(serverName) && Buffer.byteLength(raw) > MAX_ID_BYTES)
      throw invalidUsername(`User ID may not be longer than ${MAX_ID_BYTES} characters`)
    return parse(raw)
  }
}

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
    params: { userId: accountToBe(config.serverName) },
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
