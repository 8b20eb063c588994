import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import { checkPasswordsKept } from '../../../accounts/change-password.ts'
import { checkPasswordForm, checkPasswordPolicy } from '../../../accounts/passwords.ts'
import { guestForbidden, missingParam, missingToken } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

const PasswordBody = Type.Object({
  new_password: Type.Optional(Type.String()),
  logout_devices: Type.Optional(Type.Boolean()),
})

/**
 * `POST /account/password`, of who is logged in and shows the old password, or of who has proven the account's address.
 * The other devices of the user are logged out unless `logout_devices` is false.
 */
export function passwordRoute({ accounts, uia }: { accounts: Accounts; uia: Uia }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/account/password',
    auth: 'optional',
    body: PasswordBody,
    async handler({ requester, body, request }) {
      if (requester === null && !accounts.emailSessions.enabled) throw missingToken()
      if (requester?.isGuest) throw guestForbidden()
      checkPasswordsKept(accounts.config)
      const password = body.new_password
      if (password !== undefined) {
        checkPasswordForm(password)
        checkPasswordPolicy(accounts.config.passwordPolicy, password)
      }
      const proof = await uia.check({
        request,
        body: body as JsonObject, // parsed JSON
        flows: requester === null ? [['m.login.email.identity']] : [['m.login.password']],
        requester,
        emailPurpose: 'password',
      })
      if (proof.answer !== null) return proof.answer
      if (password === undefined) throw missingParam('Missing params: new_password')
      const change = { password, logOutDevices: body.logout_devices ?? true }
      if (requester !== null) await accounts.changePassword(requester, requester.userId, change)
      else await accounts.resetPasswordByMail(proof.session!.completed.get('m.login.email.identity')!, change)
      return {}
    },
  })
}
