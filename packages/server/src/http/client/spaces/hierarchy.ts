import { readHierarchy } from '../../../rooms/reads/hierarchy.ts'
import { queryBool, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { RoomReadRoutesDeps } from '../rooms/event-texts.ts'
import { roomIdParam } from '../rooms/params.ts'
import { childrenState, roomSummary } from './room-summary.ts'

const MAX_LIMIT = 50 // Synapse's, and its default

/**
 * `GET /v1/rooms/{roomId}/hierarchy`
 *
 * - only rooms this server knows: no other is asked
 * - `from` goes with the `max_depth` and `suggested_only` it was given for
 */
export function hierarchyRoute({ reads }: Pick<RoomReadRoutesDeps, 'reads'>): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/hierarchy',
    aliases: ['/_matrix/client/unstable/org.matrix.msc2946/rooms/:roomId/hierarchy'],
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: (query) => ({
      suggestedOnly: queryBool(query, 'suggested_only', false),
      limit: Math.min(queryInt(query, 'limit', { default: MAX_LIMIT, min: 1 }), MAX_LIMIT),
      maxDepth: queryInt(query, 'max_depth'),
      from: queryString(query, 'from') || undefined,
    }),
    async handler({ requester, params: { roomId }, query }) {
      const { rooms, nextBatch } = await readHierarchy(reads, requester.userId, roomId, query)
      return {
        rooms: rooms.map(({ room, children, allowedRoomIds }) => ({
          ...roomSummary(room, allowedRoomIds),
          children_state: childrenState(children),
        })),
        ...(nextBatch !== undefined && { next_batch: nextBatch }),
      }
    },
  })
}
