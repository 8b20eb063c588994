import type { Accounts } from '../../accounts/accounts.ts'
import type { Route } from '../route.ts'
import { type RedactionRoutesDeps, redactionRoutes } from './redactions/routes.ts'
import { secretRegisterRoutes } from './register/routes.ts'
import { adminSessionRoutes } from './sessions/routes.ts'
import type { AdminUserDeps } from './users/deps.ts'
import { adminUserRoutes } from './users/routes.ts'
import { whoisRoutes } from './whois/routes.ts'

/** What every admin route together needs. */
export type AdminRoutesDeps = AdminUserDeps & RedactionRoutesDeps & { accounts: Accounts }

/** Every route of the admin API that is served. `docs/admin-api.md` lists them: a test compares. */
export function adminRoutes(deps: AdminRoutesDeps): Route[] {
  return [
    ...adminUserRoutes(deps),
    ...redactionRoutes(deps),
    ...secretRegisterRoutes(deps),
    ...whoisRoutes(deps),
    ...adminSessionRoutes(deps),
  ]
}
