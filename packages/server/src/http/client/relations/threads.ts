import { readThreads } from '../../../relations/read-threads.ts'
import { eventsToken } from '../../../sync/token.ts'
import { rawJson } from '../../answer.ts'
import { queryEnum, queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventList, type RoomReadRoutesDeps } from '../rooms/event-texts.ts'
import { placeQuery, roomIdParam } from '../rooms/params.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100 // with each goes its newest reply

/** `GET /v1/rooms/{roomId}/threads`: the roots, the liveliest thread first. */
export function threadsRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/rooms/:roomId/threads',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: (query) => ({
      participated: queryEnum(query, 'include', ['all', 'participated'], 'all') === 'participated',
      from: placeQuery(query, 'from'),
      limit: Math.min(queryInt(query, 'limit', { default: DEFAULT_LIMIT, min: 1 }), MAX_LIMIT),
    }),
    async handler({ requester, params: { roomId }, query }) {
      const { chunk, next } = await readThreads(deps.reads, requester.userId, roomId, query)
      const more = next === undefined ? '' : `,"next_batch":"${eventsToken(next)}"`
      return rawJson(`{"chunk":${await eventList(deps, requester, roomId, chunk)}${more}}`)
    },
  })
}
