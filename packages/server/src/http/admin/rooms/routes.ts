import type { Route } from '../../route.ts'
import { roomBlockRoutes } from './block.ts'
import { deleteRoomRoutes } from './delete.ts'
import type { AdminRoomDeps } from './deps.ts'
import { roomDetailRoutes } from './details.ts'
import { forceMembershipRoute } from './force-membership.ts'
import { forwardExtremityRoutes } from './forward-extremities.ts'
import { roomHierarchyRoute } from './hierarchy.ts'
import { roomHistoryRoutes } from './history.ts'
import { listRoomsRoute } from './list.ts'
import { roomMembershipRoutes } from './membership.ts'

/** The admin API's chapter about rooms. */
export function adminRoomRoutes(deps: AdminRoomDeps): Route[] {
  return [
    listRoomsRoute(deps),
    ...roomDetailRoutes(deps),
    ...roomHistoryRoutes(deps),
    ...roomBlockRoutes(deps),
    ...deleteRoomRoutes(deps),
    ...roomMembershipRoutes(deps),
    forceMembershipRoute(deps),
    ...forwardExtremityRoutes(deps),
    roomHierarchyRoute(deps),
  ]
}
