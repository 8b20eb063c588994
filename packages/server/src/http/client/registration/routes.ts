import type { Accounts } from '../../../accounts/accounts.ts'
import type { RateLimits } from '../../rate-limit.ts'
import type { Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'
import { availableRoute } from './available.ts'
import { fallbackRoutes } from './fallback.ts'
import { registerRoute } from './register.ts'
import { tokenValidityRoute } from './token-validity.ts'

export function registrationRoutes(deps: { accounts: Accounts; uia: Uia; rateLimits: RateLimits }): Route[] {
  return [registerRoute(deps), availableRoute(deps), tokenValidityRoute(deps), ...fallbackRoutes(deps)]
}
