import type { JsonObject } from '@ranvier/protocol/json'
import { Type } from 'typebox'
import type { Accounts } from '../../../accounts/accounts.ts'
import { checkPasswordsKept } from '../../../accounts/change-password.ts'
import { checkPasswordForm, checkPasswordPolicy } from '../../../accounts/passwords.ts'
import { missingParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

const PasswordBody = Type.Object({
  new_password: Type.Optional(Type.String()),
  logout_devices: Type.Optional(Type.Boolean()),
})

/** `POST /account/password`. The other devices of the user are logged out unless `logout_devices` is false. */
export function passwordRoute({ accounts, uia }: { accounts: Accounts; uia: Uia }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/account/password',
    auth: 'user',
    body: PasswordBody,
    async handler({ requester, body, request }) {
      checkPasswordsKept(accounts.config)
      const password = body.new_password
      if (password !== undefined) {
        checkPasswordForm(password)
        checkPasswordPolicy(accounts.config.passwordPolicy, password)
      }
      const proof = await uia.check({
        request,
        body: body as JsonObject, // parsed JSON
        flows: [['m.login.password']],
        requester,
      })
      if (proof.answer !== null) return proof.answer
      if (password === undefined) throw missingParam('Missing params: new_password')
      await accounts.changePassword(requester, requester.userId, {
        password,
        logOutDevices: body.logout_devices ?? true,
      })
      return {}
    },
  })
}
