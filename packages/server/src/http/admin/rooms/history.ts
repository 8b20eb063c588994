import {
  EventAtTimeQuery,
  RoomContextQuery,
  RoomMessagesQuery,
} from '@ranvier/admin-api/openapi/queries/rooms'
import type { EventAtTime } from '@ranvier/admin-api/rooms'
import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import { badRequest, MatrixError } from '../../../errors.ts'
import { readContext } from '../../../rooms/reads/context.ts'
import { parseRoomEventFilter } from '../../../rooms/reads/event-filter.ts'
import { readMessages } from '../../../rooms/reads/messages.ts'
import { eventNearTime } from '../../../rooms/reads/timestamp-to-event.ts'
import { eventsPositionOf, eventsToken } from '../../../sync/token.ts'
import { rawJson } from '../../answer.ts'
import { eventList, eventTexts } from '../../client/rooms/event-texts.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'

const MAX_MESSAGES = 1_000 // as for clients
const MAX_CONTEXT = 100
const BEGINNING = 0

const messagesQuery = queryParams(RoomMessagesQuery)
const contextQuery = queryParams(RoomContextQuery)
const timeQuery = queryParams(EventAtTimeQuery)
/** Whatever it is, there is such a room or not. */
const anyRoom = { roomId: (raw: string) => raw as RoomId }

/** A room's history, also for who is not in it: `GET /_synapse/admin/v1/rooms/{roomId}/messages`, `…/context`, … */
export function roomHistoryRoutes(deps: AdminRoomDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/messages',
      operationId: 'getRoomMessages',
      params: anyRoom,
      query: messagesQuery,
      async handler({ requester, params: { roomId }, query }) {
        const { dir } = query
        const page = await readMessages(deps.reads, requester.userId, roomId, {
          dir,
          from: placeOf(query.from, 'from') ?? (dir === 'f' ? BEGINNING : undefined),
          to: placeOf(query.to, 'to'),
          limit: Math.min(query.limit, MAX_MESSAGES),
          filter: parseRoomEventFilter(query.filter),
        })
        const list = (events: typeof page.chunk) => eventList(deps, requester, roomId, events)
        let text = `{"start":"${eventsToken(page.start)}","chunk":${await list(page.chunk)}`
        if (page.end !== undefined) text += `,"end":"${eventsToken(page.end)}"`
        if (page.state !== undefined) text += `,"state":${await list(page.state)}`
        return rawJson(`${text}}`)
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/context/:eventId',
      operationId: 'getRoomContext',
      params: { ...anyRoom, eventId: (raw: string) => raw as EventId }, // looked up, never trusted
      query: contextQuery,
      async handler({ requester, params: { roomId, eventId }, query }) {
        const filter = parseRoomEventFilter(query.filter)
        const limit = Math.min(query.limit, MAX_CONTEXT)
        const context = await readContext(deps.reads, requester.userId, roomId, { eventId, limit, filter })
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
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/timestamp_to_event',
      operationId: 'getEventAtTime',
      query: timeQuery,
      async handler({ requester, params: { roomId }, query }): Promise<EventAtTime> {
        const { row } = await eventNearTime(deps.reads, requester.userId, roomId, query)
        return { event_id: row.eventId, origin_server_ts: row.originServerTs }
      },
    }),
  ]
}

/** The place a token stands for. Throws 400 `M_UNKNOWN`, unlike the call for clients. */
function placeOf(token: string | undefined, name: string): number | undefined {
  if (token === undefined || token === '') return undefined
  try {
    return eventsPositionOf(token, name)
  } catch (error) {
    if (error instanceof MatrixError) throw badRequest(error.message)
    throw error
  }
}
