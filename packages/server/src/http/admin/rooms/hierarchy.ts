import { RoomHierarchyQuery } from '@ranvier/admin-api/openapi/queries/rooms'
import type { RoomHierarchy } from '@ranvier/admin-api/rooms'
import { type HierarchyRoom, readHierarchy } from '../../../rooms/admin/hierarchy.ts'
import { roomEntry } from '../../client/directory/public-rooms.ts'
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
    async handler({ params: { roomId }, query }): Promise<RoomHierarchy> {
      const { rooms, nextBatch } = await readHierarchy(reads, roomId, {
        maxDepth: query.max_depth,
        limit: Math.min(query.limit, MAX_LIMIT),
        from: query.from,
      })
      return { rooms: rooms.map(entryOf), ...(nextBatch !== undefined && { next_batch: nextBatch }) }
    },
  })
}

function entryOf({ room, children }: HierarchyRoom): RoomHierarchy['rooms'][number] {
  const childrenState = children.map(({ event, row }) => ({
    type: event.type,
    state_key: row.stateKey,
    sender: event.sender,
    content: event.content,
    origin_server_ts: row.originServerTs,
  }))
  const encryption = room.encryption !== null && { encryption: room.encryption }
  const summary = { ...roomEntry(room), room_version: room.version, ...encryption }
  return { ...summary, room_id: room.roomId, children_state: childrenState }
}
