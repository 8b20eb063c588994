import type { DeletedExtremities, ForwardExtremities } from '@ranvier/admin-api/rooms'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'
import { resolveRoom, roomIdOrAlias } from './params.ts'

const PATH = '/_synapse/admin/v1/rooms/:roomIdOrAlias/forward_extremities'
const params = { roomIdOrAlias }

/** `GET` and `DELETE /_synapse/admin/v1/rooms/{room}/forward_extremities` */
export function forwardExtremityRoutes({ findAlias, roomEnds }: AdminRoomDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getForwardExtremities',
      params,
      async handler({ params }): Promise<ForwardExtremities> {
        const ends = await roomEnds.list(await resolveRoom(findAlias, params.roomIdOrAlias))
        const results = ends.map((event) => ({
          event_id: event.eventId,
          // The state after a state event has the number of that event.
          state_group: event.stateKey === null ? event.snapshot : event.nid,
          depth: event.depth,
          received_ts: event.receivedTs,
        }))
        return { count: results.length, results }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: PATH,
      operationId: 'deleteForwardExtremities',
      params,
      handler: async ({ params }): Promise<DeletedExtremities> => ({
        deleted: await roomEnds.keepNewest(await resolveRoom(findAlias, params.roomIdOrAlias)),
      }),
    }),
  ]
}
