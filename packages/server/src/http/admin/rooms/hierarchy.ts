import { RoomHierarchyQuery } from '@ranvier/admin-api/openapi/queries/rooms'
import type { RoomHierarchy } from '@ranvier/admin-api/rooms'
import { type HierarchyRoom, readHierarchy } from '../../../rooms/reads/hierarchy.ts'
import { childrenState, roomSummary } from '../../client/spaces/room-summary.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'

const MAX_LIMIT = 50 // Synapse's

const readQuery = queryParams(RoomHierarchyQuery)

/** `GET /_synapse/admin/v1/rooms/{roomId}/hierarchy` */
export function roomHierarchyRoute({ reads }: AdminRoomDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/hierarchy',
    operationId: 'getRoomHierarchy',
    query: readQuery,
    async handler({ requester, params: { roomId }, query }): Promise<RoomHierarchy> {
      const { rooms, nextBatch } = await readHierarchy(reads, requester.userId, roomId, {
        maxDepth: query.max_depth,
        suggestedOnly: false,
        limit: Math.min(query.limit, MAX_LIMIT),
        from: query.from,
      })
      return { rooms: rooms.map(entryOf), ...(nextBatch !== undefined && { next_batch: nextBatch }) }
    },
  })
}

function entryOf({ room, children }: HierarchyRoom): RoomHierarchy['rooms'][number] {
  return { ...roomSummary(room, undefined), room_id: room.roomId, children_state: childrenState(children) }
}
