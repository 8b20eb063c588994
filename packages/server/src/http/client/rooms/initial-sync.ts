import { readRoomNow } from '../../../rooms/reads/initial-sync.ts'
import { eventsToken } from '../../../sync/token.ts'
import { queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventList, eventListAnswer, type RoomReadRoutesDeps } from './event-texts.ts'
import { roomIdParam } from './params.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100

/** `GET /rooms/{roomId}/initialSync`: for clients that look into a room without being in it. */
export function roomInitialSyncRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/initialSync',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: (query) => Math.min(queryInt(query, 'limit', { default: DEFAULT_LIMIT }), MAX_LIMIT),
    async handler({ requester, params: { roomId }, query: limit }) {
      const room = await readRoomNow(deps.reads, requester.userId, roomId, limit)
      const { start, end, chunk } = room.messages
      const messages = await eventList(deps, requester, roomId, chunk.toReversed())
      const accountData = room.accountData.map(
        ({ type, content }) => `{"type":${JSON.stringify(type)},"content":${content}}`,
      )
      const rest = JSON.stringify({
        room_id: roomId,
        ...(room.membership !== undefined && { membership: room.membership }),
        visibility: room.isPublished ? 'public' : 'private',
      })
      // The messages go upwards: they end where the newest of them does.
      const place = `"end":"${eventsToken(start)}"${end === undefined ? '' : `,"start":"${eventsToken(end)}"`}`
      const before =
        `${rest.slice(0, -1)},"messages":{${place},"chunk":${messages}},` +
        `"account_data":[${accountData.join(',')}],"state":`
      const nids = room.state.map(({ nid }) => nid)
      return eventListAnswer(deps, requester, roomId, { nids }, [before, '}'])
    },
  })
}
