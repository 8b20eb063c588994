import { readContext } from '../../../rooms/reads/context.ts'
import { eventsToken } from '../../../sync/token.ts'
import { rawJson } from '../../answer.ts'
import { queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventList, eventTexts, type RoomReadRoutesDeps } from './event-texts.ts'
import { eventIdParam, filterQuery, roomIdParam } from './params.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100 // around one event nobody looks further at once

/** `GET /rooms/{roomId}/context/{eventId}` */
export function contextRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/context/:eventId',
    auth: 'guest-ok',
    params: { roomId: roomIdParam, eventId: eventIdParam },
    query: (query) => ({
      limit: Math.min(queryInt(query, 'limit', { default: DEFAULT_LIMIT }), MAX_LIMIT),
      filter: filterQuery(query),
    }),
    async handler({ requester, params: { roomId, eventId }, query }) {
      const context = await readContext(deps.reads, requester.userId, roomId, { eventId, ...query })
      const list = (events: typeof context.before) => eventList(deps, requester, roomId, events)
      const [[event], before, after, state] = await Promise.all([
        eventTexts(deps, requester, roomId, [context.event]),
        list(context.before),
        list(context.after),
        list(context.state),
      ])
      return rawJson(
        `{"start":"${eventsToken(context.start)}","end":"${eventsToken(context.end)}","event":${event},` +
          `"events_before":${before},"events_after":${after},"state":${state}}`,
      )
    },
  })
}
