import { readEvent } from '../../../rooms/reads/context.ts'
import { rawJson } from '../../answer.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventTexts, type RoomReadRoutesDeps } from './event-texts.ts'
import { eventIdParam, roomIdParam } from './params.ts'

/** `GET /rooms/{roomId}/event/{eventId}`: 404 also for an event the requester may not see. */
export function eventRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/event/:eventId',
    auth: 'guest-ok',
    params: { roomId: roomIdParam, eventId: eventIdParam },
    async handler({ requester, params: { roomId, eventId } }) {
      const loaded = await readEvent(deps.reads, requester.userId, roomId, eventId)
      const [text] = await eventTexts(deps, requester, roomId, [loaded])
      return rawJson(text!)
    },
  })
}
