import type { Accounts } from '../../../accounts/accounts.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { bindThreepidRoutes } from './bind-threepid.ts'
import { capabilitiesRoute } from './capabilities.ts'
import { deactivateRoute } from './deactivate.ts'
import { emailTokenRoutes } from './email-tokens.ts'
import { passwordRoute } from './password.ts'
import { submitTokenRoutes } from './submit-token.ts'
import { threepidRoutes } from './threepids.ts'
import { whoamiRoute } from './whoami.ts'

export function accountRoutes(deps: {
  accounts: Accounts
  uia: Uia
  rooms: { defaultVersion: string; forgetOnLeave: boolean; maxEventDelayMs: number }
}): Route[] {
  return [
    whoamiRoute(),
    capabilitiesRoute(deps),
    passwordRoute(deps),
    deactivateRoute(deps),
    ...threepidRoutes(deps),
    ...bindThreepidRoutes(deps),
    ...emailTokenRoutes(deps),
    ...submitTokenRoutes(deps.accounts),
  ]
}
