import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import { RECURSION_DEPTH, type RelationsRequest, readRelations } from '../../../relations/read-relations.ts'
import type { Requester } from '../../../requester.ts'
import { eventsToken } from '../../../sync/token.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { type Query, queryBool, queryEnum, queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventList, type RoomReadRoutesDeps } from '../rooms/event-texts.ts'
import { eventIdParam, placeQuery, roomIdParam } from '../rooms/params.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1_000 // as of `/messages`

/**
 * `GET /v1/rooms/{roomId}/relations/{eventId}`, `…/{relType}` and `…/{relType}/{eventType}`
 *
 * - newest first, unless `dir=f`
 * - `from` and `to` take the tokens of `/sync` and `/messages` as well
 */
export function relationsRoutes(deps: RoomReadRoutesDeps): Route[] {
  const path = '/_matrix/client/v1/rooms/:roomId/relations/:eventId'
  const common = {
    method: 'GET',
    auth: 'guest-ok',
    params: { roomId: roomIdParam, eventId: eventIdParam },
    query: readQuery,
  } as const
  return [
    clientRoute({
      ...common,
      path,
      handler: ({ requester, params, query }) => answer(deps, requester, params, query),
    }),
    clientRoute({
      ...common,
      path: `${path}/:relType`,
      handler: ({ requester, params, query }) => answer(deps, requester, params, query),
    }),
    clientRoute({
      ...common,
      path: `${path}/:relType/:eventType`,
      handler: ({ requester, params, query }) => answer(deps, requester, params, query),
    }),
  ]
}

function readQuery(query: Query) {
  return {
    dir: queryEnum(query, 'dir', ['b', 'f'], 'b'),
    from: placeQuery(query, 'from'),
    to: placeQuery(query, 'to'),
    limit: Math.min(queryInt(query, 'limit', { default: DEFAULT_LIMIT, min: 1 }), MAX_LIMIT),
    recurse: queryBool(query, 'recurse', false),
  }
}

async function answer(
  deps: RoomReadRoutesDeps,
  requester: Requester,
  params: { roomId: RoomId; eventId: EventId; relType?: string; eventType?: string },
  query: ReturnType<typeof readQuery>,
): Promise<HttpAnswer> {
  const { roomId, eventId, relType, eventType } = params
  const request: RelationsRequest = { ...query, eventId, relType, eventType }
  const page = await readRelations(deps.reads, requester.userId, roomId, request)
  let text = `{"chunk":${await eventList(deps, requester, roomId, page.chunk)}`
  if (page.next !== undefined) text += `,"next_batch":"${eventsToken(page.next)}"`
  if (query.from !== undefined) text += `,"prev_batch":"${eventsToken(query.from)}"`
  if (query.recurse) text += `,"recursion_depth":${RECURSION_DEPTH}`
  return rawJson(`${text}}`)
}
