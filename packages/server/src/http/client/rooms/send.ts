import { Type } from '@ranvier/admin-api/schema'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { invalidParam, notJson } from '../../../errors.ts'
import type { Requester } from '../../../requester.ts'
import type { DelayedEvents } from '../../../rooms/delayed-events.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { type Query, queryString } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'
import { delayQuery } from './delayed-events.ts'
import { eventIdParam, roomIdParam } from './params.ts'

/** The content of an event: any object. */
const Content = Type.Unsafe<JsonObject>(Type.Object({}))

const sendQuery = (query: Query) => ({ ...delayQuery(query), ts: queryString(query, 'ts') })

/**
 * When a bridge says that the event was sent; nobody else is asked. 400 for what is no time.
 * Spec: AS API §Timestamp massaging
 */
function originServerTsOf({ appserviceId }: Requester, ts: string | undefined): number | undefined {
  if (appserviceId === null || ts === undefined) return undefined
  const value = /^\d+$/.test(ts) ? Number(ts) : Number.NaN
  if (!Number.isSafeInteger(value)) throw invalidParam("Query parameter 'ts' must be a time in milliseconds")
  return value
}

interface SendRouteDeps {
  verbs: RoomVerbs
  delayedEvents: DelayedEvents
}

/** `PUT /rooms/{roomId}/send/{eventType}/{txnId}`: once per transaction id and device; later with a delay (MSC4140). */
export function sendRoute({ verbs, delayedEvents }: SendRouteDeps): Route {
  return clientRoute({
    method: 'PUT',
    path: '/_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: sendQuery,
    body: Content,
    emptyBody: true,
    async handler({ requester, params: { roomId, eventType, txnId }, query, body, request }) {
      const { delayMs } = query
      if (delayMs !== undefined) {
        const content = hasBody(request) ? body : undefined
        const delay = { roomId, type: eventType, content, txnId, delayMs }
        return { delay_id: await delayedEvents.schedule(requester, delay) }
      }
      if (!hasBody(request)) throw notJson()
      const originServerTs = originServerTsOf(requester, query.ts)
      const what = { type: eventType, content: body, txnId, originServerTs }
      return { event_id: await verbs.sendEvent(requester, roomId, what) }
    },
  })
}

/**
 * `POST /rooms/{roomId}/send/{eventType}`: as often as it is asked for.
 *
 * NOTSPEC: scripts of administrators have used it since before there were transaction ids. Synapse serves it too.
 */
export function sendOnceMoreRoute({ verbs, delayedEvents }: SendRouteDeps): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/send/:eventType',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: delayQuery,
    body: Content,
    async handler({ requester, params: { roomId, eventType }, query: { delayMs }, body }) {
      const what = { type: eventType, content: body }
      return delayMs === undefined
        ? { event_id: await verbs.sendEvent(requester, roomId, { ...what, txnId: undefined }) }
        : { delay_id: await delayedEvents.schedule(requester, { roomId, ...what, delayMs }) }
    },
  })
}

/** `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`, also without the key, and then without the slash. */
export function sendStateRoutes({ verbs, delayedEvents }: SendRouteDeps): Route[] {
  const send = async (
    requester: Requester,
    roomId: RoomId,
    what: { type: string; stateKey: string; content: JsonObject },
    { delayMs, ts }: ReturnType<typeof sendQuery>,
  ) => {
    const originServerTs = originServerTsOf(requester, ts)
    return delayMs === undefined
      ? { event_id: await verbs.sendState(requester, roomId, { ...what, originServerTs }) }
      : { delay_id: await delayedEvents.schedule(requester, { roomId, ...what, delayMs }) }
  }
  return [
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      query: sendQuery,
      body: Content,
      handler: ({ requester, params: { roomId, eventType, stateKey }, query, body }) =>
        send(requester, roomId, { type: eventType, stateKey, content: body }, query),
    }),
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      query: sendQuery,
      body: Content,
      handler: ({ requester, params: { roomId, eventType }, query, body }) =>
        send(requester, roomId, { type: eventType, stateKey: '', content: body }, query),
    }),
  ]
}

/** An empty body may only repeat a transaction: what came with it is known then. Complement does so. */
function hasBody({ headers }: HttpRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

const RedactBody = Type.Unsafe<JsonObject>(Type.Object({ reason: Type.Optional(Type.String()) }))

/** `PUT /rooms/{roomId}/redact/{eventId}/{txnId}` */
export function redactRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'PUT',
    path: '/_matrix/client/v3/rooms/:roomId/redact/:eventId/:txnId',
    auth: 'user',
    params: { roomId: roomIdParam, eventId: eventIdParam },
    body: RedactBody,
    emptyBody: true,
    async handler({ requester, params: { roomId, eventId, txnId }, body }) {
      // What is redacted stands in the path.
      const { redacts, ...content } = body
      return { event_id: await verbs.redactEvent(requester, roomId, { eventId, content, txnId }) }
    },
  })
}

/**
 * `POST /rooms/{roomId}/redact/{eventId}`: as often as it is asked for.
 *
 * NOTSPEC: as {@link sendOnceMoreRoute}.
 */
export function redactOnceMoreRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/redact/:eventId',
    auth: 'user',
    params: { roomId: roomIdParam, eventId: eventIdParam },
    body: RedactBody,
    emptyBody: true,
    async handler({ requester, params: { roomId, eventId }, body }) {
      const { redacts, ...content } = body
      return { event_id: await verbs.redactEvent(requester, roomId, { eventId, content, txnId: undefined }) }
    },
  })
}
