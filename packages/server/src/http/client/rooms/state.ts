import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Requester } from '../../../requester.ts'
import { readStateEntries, readStateEntry } from '../../../rooms/reads/read-state.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { type Query, queryEnum } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventListAnswer, eventTexts, type RoomReadRoutesDeps } from './event-texts.ts'
import { roomIdParam } from './params.ts'

/** `GET /rooms/{roomId}/state`: for who has left, as it was then. */
export function stateRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/state',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    async handler({ requester, params: { roomId } }) {
      const entries = await readStateEntries(deps.reads, requester.userId, roomId)
      return eventListAnswer(deps, requester, roomId, { nids: entries.map(({ nid }) => nid) })
    },
  })
}

/**
 * `GET /rooms/{roomId}/state/{eventType}/{stateKey}`: the content, with `format=event` the whole event.
 * Without the key, and the slash before it or not, the key is empty.
 */
export function stateEntryRoutes(deps: RoomReadRoutesDeps): Route[] {
  const query = (q: Query) => ({ format: queryEnum(q, 'format', ['content', 'event'], 'content') })
  async function answer(
    requester: Requester,
    roomId: RoomId,
    entry: { type: string; stateKey: string; format: 'content' | 'event' },
  ): Promise<HttpAnswer> {
    const loaded = await readStateEntry(deps.reads, requester.userId, roomId, entry)
    if (entry.format === 'content') return rawJson(JSON.stringify(loaded.event.content))
    const [text] = await eventTexts(deps, requester, roomId, [loaded])
    return rawJson(text!)
  }
  return [
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      query,
      handler: ({ requester, params: { roomId, eventType, stateKey }, query: { format } }) =>
        answer(requester, roomId, { type: eventType, stateKey, format }),
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      query,
      handler: ({ requester, params: { roomId, eventType }, query: { format } }) =>
        answer(requester, roomId, { type: eventType, stateKey: '', format }),
    }),
  ]
}
