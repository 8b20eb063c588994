import { ResetPasswordBody } from '@ranvier/admin-api/users'
import { checkPasswordForm } from '../../../accounts/passwords.ts'
import { adminRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

/** `POST /_synapse/admin/v1/reset_password/{userId}`. Remote users are unknown users here: 404. */
export function resetPasswordRoute({ accounts }: AdminUserDeps): Route {
  return adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/reset_password/:userId',
    operationId: 'resetPassword',
    params: { userId: userIdParam },
    body: ResetPasswordBody,
    async handler({ requester, params: { userId }, body }) {
      checkPasswordForm(body.new_password)
      await accounts.changePassword(requester, userId, {
        password: body.new_password,
        logOutDevices: body.logout_devices ?? true,
      })
      return {}
    },
  })
}
