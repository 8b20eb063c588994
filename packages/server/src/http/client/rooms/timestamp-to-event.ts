import { eventNearTime } from '../../../rooms/reads/timestamp-to-event.ts'
import { queryEnum, requiredQueryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { RoomReadRoutesDeps } from './event-texts.ts'
import { roomIdParam } from './params.ts'

/** `GET /v1/rooms/{roomId}/timestamp_to_event`: jump to a date. */
export function timestampToEventRoute({ reads }: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/timestamp_to_event',
    aliases: ['/_matrix/client/unstable/org.matrix.msc3030/rooms/:roomId/timestamp_to_event'],
    auth: 'user',
    params: { roomId: roomIdParam },
    query: (query) => ({
      ts: requiredQueryInt(query, 'ts'),
      // Synapse: forwards if nothing is said, although the specification wants it to be.
      dir: queryEnum(query, 'dir', ['f', 'b'], 'f'),
    }),
    async handler({ requester, params: { roomId }, query }) {
      const { row } = await eventNearTime(reads, requester.userId, roomId, query)
      return { event_id: row.eventId, origin_server_ts: row.originServerTs }
    },
  })
}
