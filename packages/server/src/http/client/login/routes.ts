import type { Accounts } from '../../../accounts/accounts.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { loginFlowsRoute } from './flows.ts'
import { getLoginTokenRoute } from './get-token.ts'
import { logInRoute } from './log-in.ts'
import { logOutRoutes } from './log-out.ts'
import { refreshRoute } from './refresh.ts'

export function loginRoutes(deps: { accounts: Accounts; uia: Uia }): Route[] {
  const { config } = deps.accounts
  const { loginTokens } = config
  return [
    loginFlowsRoute({ config, hasAppservices: deps.accounts.appservices.all.length > 0 }),
    logInRoute(deps),
    ...logOutRoutes(deps),
    refreshRoute(deps),
    ...(loginTokens === null ? [] : [getLoginTokenRoute({ ...deps, loginTokens })]),
  ]
}
