import type { RegisterNonce, SecretRegisterAnswer } from '@ranvier/admin-api/register'
import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import { checkUserType } from '../../../accounts/registration/create-account.ts'
import { badRequest } from '../../../errors.ts'
import { sessionAnswer } from '../../client/login/session-answer.ts'
import { type Route, route } from '../../route.ts'
import { checkedText, isTruthy, optionalFlag, optionalText, requiredMember } from './body.ts'

const PATH = '/_synapse/admin/v1/register'

/** `GET` and `POST /_synapse/admin/v1/register`: accounts for who knows the shared secret. No token is needed. */
export function secretRegisterRoutes({ accounts }: { accounts: Accounts }): Route[] {
  const { config, secretRegistrations } = accounts
  return [
    route({
      method: 'GET',
      path: PATH,
      operationId: 'getRegisterNonce',
      auth: 'none',
      handler: (): RegisterNonce => ({ nonce: secretRegistrations.issueNonce() }),
    }),
    route({
      method: 'POST',
      path: PATH,
      operationId: 'registerWithSecret',
      auth: 'none',
      body: Type.Object({}), // checked member by member, in Synapse's order
      async handler({ body }): Promise<SecretRegisterAnswer> {
        const object = body as JsonObject // parsed JSON
        secretRegistrations.checkEnabled()
        const nonce = checkedText(requiredMember(object, 'nonce'), 'unrecognised nonce')
        secretRegistrations.takeNonce(nonce)
        const username = checkedText(requiredMember(object, 'username'), 'Invalid username')
        const password = checkedText(requiredMember(object, 'password'), 'Invalid password')
        const userType = object['user_type'] ?? null
        checkUserType(userType === '' ? null : userType, config)
        const mac = requiredMember(object, 'mac')
        if (typeof mac !== 'string') throw badRequest("'mac' must be a string")
        const displayname = optionalText(object, 'displayname')
        const refreshToken = optionalFlag(object, 'refresh_token')
        const device = {
          deviceId: optionalText(object, 'device_id'),
          initialDisplayName: optionalText(object, 'initial_device_display_name'),
          refreshToken,
        }
        const { userId, session } = await secretRegistrations.register({
          nonce,
          username,
          password,
          mac,
          admin: isTruthy(object['admin']),
          userType: userType === '' ? null : (userType as string | null), // checked above
          displayname,
          device: isTruthy(object['inhibit_login']) ? null : device,
        })
        return session === null
          ? { user_id: userId, home_server: config.serverName }
          : sessionAnswer(session, config)
      },
    }),
  ]
}
