import type { Route } from '../../route.ts'
import { adminFlagRoutes } from './admin-flag.ts'
import { deactivateUserRoute } from './deactivate.ts'
import type { AdminUserDeps } from './deps.ts'
import { adminDeviceRoutes } from './devices.ts'
import { getUserRoute } from './get.ts'
import { joinedRoomsRoute } from './joined-rooms.ts'
import { listUsersRoutes } from './list.ts'
import { putUserRoute } from './put.ts'
import { resetPasswordRoute } from './reset-password.ts'
import { usernameAvailableRoute } from './username-available.ts'

export function adminUserRoutes(deps: AdminUserDeps): Route[] {
  return [
    getUserRoute(deps),
    putUserRoute(deps),
    ...listUsersRoutes(deps),
    deactivateUserRoute(deps),
    resetPasswordRoute(deps),
    ...adminFlagRoutes(deps),
    joinedRoomsRoute(deps),
    usernameAvailableRoute(deps),
    ...adminDeviceRoutes(deps),
  ]
}
