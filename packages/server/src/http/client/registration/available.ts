import type { Accounts } from '../../../accounts/accounts.ts'
import { forbidden } from '../../../errors.ts'
import { requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /register/available` */
export function availableRoute({ accounts }: { accounts: Accounts }): Route {
  const { registration, hidesTakenNames } = accounts.config
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/register/available',
    auth: 'none',
    query: (query) => requiredQueryString(query, 'username'),
    async handler({ query: username }) {
      if (!registration) throw forbidden('Registration has been disabled')
      if (!hidesTakenNames) await accounts.checkAvailable(username)
      return { available: true }
    },
  })
}
