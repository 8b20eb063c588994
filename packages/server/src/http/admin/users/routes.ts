import type { Route } from '../../route.ts'
import { accountDataRoute } from './account-data.ts'
import { adminFlagRoutes } from './admin-flag.ts'
import { clientModerationRoutes } from './client-moderation.ts'
import { allowKeyReplacementRoute } from './cross-signing.ts'
import { deactivateUserRoute } from './deactivate.ts'
import type { AdminUserDeps } from './deps.ts'
import { adminDeviceRoutes } from './devices.ts'
import { experimentalFeatureRoutes } from './experimental-features.ts'
import { findUserRoutes } from './find-by.ts'
import { getUserRoute } from './get.ts'
import { listUsersRoutes } from './list.ts'
import { loginAsUserRoute } from './login-as.ts'
import { overrideRateLimitRoutes } from './override-ratelimit.ts'
import { putUserRoute } from './put.ts'
import { resetPasswordRoute } from './reset-password.ts'
import { userRoomRoutes } from './rooms.ts'
import { searchUsersRoute } from './search.ts'
import { shadowBanRoutes } from './shadow-ban.ts'
import { suspendUserRoute } from './suspend.ts'
import { usernameAvailableRoute } from './username-available.ts'

export function adminUserRoutes(deps: AdminUserDeps): Route[] {
  return [
    getUserRoute(deps),
    putUserRoute(deps),
    ...listUsersRoutes(deps),
    searchUsersRoute(deps),
    ...findUserRoutes(deps),
    deactivateUserRoute(deps),
    suspendUserRoute(deps),
    ...clientModerationRoutes(deps),
    ...shadowBanRoutes(deps),
    ...overrideRateLimitRoutes(deps),
    resetPasswordRoute(deps),
    loginAsUserRoute(deps),
    ...adminFlagRoutes(deps),
    ...userRoomRoutes(deps),
    accountDataRoute(deps),
    ...experimentalFeatureRoutes(deps),
    usernameAvailableRoute(deps),
    ...adminDeviceRoutes(deps),
    allowKeyReplacementRoute(deps),
  ]
}
