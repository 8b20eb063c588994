import type { Accounts } from '../../../accounts/accounts.ts'
import { forbidden } from '../../../errors.ts'
import { requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /v1/register/m.login.registration_token/validity` */
export function tokenValidityRoute({ accounts }: { accounts: Accounts }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/register/m.login.registration_token/validity',
    auth: 'none',
    rateLimitByIp: 'rc_registration_token_validity',
    query: (query) => requiredQueryString(query, 'token'),
    async handler({ query: token }) {
      if (!accounts.config.registration) throw forbidden('Registration has been disabled')
      return { valid: await accounts.registrationTokens.isValid(token) }
    },
  })
}
