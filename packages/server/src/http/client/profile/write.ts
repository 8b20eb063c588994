import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import { missingParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

const PATH = '/_matrix/client/v3/profile/:userId/:keyName'
const UNSTABLE_PATH = '/_matrix/client/unstable/uk.tcpip.msc4133/profile/:userId/:keyName'

/** `PUT` and `DELETE /profile/{userId}/{keyName}`. One's own profile; administrators may change any. */
export function profileWriteRoutes({ accounts }: { accounts: Accounts }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: PATH,
      aliases: [UNSTABLE_PATH],
      auth: 'user',
      adminEffect: true,
      params: { userId: userIdParam },
      body: Type.Object({}),
      async handler({ requester, params: { userId, keyName }, body }) {
        const object = body as JsonObject // parsed JSON
        const value = Object.hasOwn(object, keyName) ? object[keyName] : undefined
        if (value === undefined) throw missingParam(`Missing param: ${keyName.slice(0, 255)}`)
        await accounts.profiles.setField(requester, userId, keyName, value)
        return {}
      },
    }),
    clientRoute({
      method: 'DELETE',
      path: PATH,
      aliases: [UNSTABLE_PATH],
      auth: 'user',
      adminEffect: true,
      params: { userId: userIdParam },
      async handler({ requester, params: { userId, keyName } }) {
        await accounts.profiles.deleteField(requester, userId, keyName)
        return {}
      },
    }),
  ]
}
