import type { Accounts } from '../../../accounts/accounts.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `POST /logout` and `POST /logout/all`. Open to locked and to expired accounts. */
export function logOutRoutes({ accounts }: { accounts: Accounts }): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/logout',
      auth: 'guest-ok',
      allowLocked: true,
      allowExpired: true,
      handler: ({ requester }) => accounts.logOut(requester).then(() => ({})),
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/logout/all',
      auth: 'guest-ok',
      allowLocked: true,
      allowExpired: true,
      handler: ({ requester }) => accounts.logOutEverywhere(requester).then(() => ({})),
    }),
  ]
}
