import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventIdParam, roomIdParam } from './params.ts'

/** The content of an event: any object. */
const Content = Type.Unsafe<JsonObject>(Type.Object({}))

/** `PUT /rooms/{roomId}/send/{eventType}/{txnId}`: once per transaction id and device. */
export function sendRoute({ verbs }: { verbs: RoomVerbs }): Route {
  return clientRoute({
    method: 'PUT',
    path: '/_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    body: Content,
    async handler({ requester, params: { roomId, eventType, txnId }, body }) {
      return { event_id: await verbs.sendEvent(requester, roomId, { type: eventType, content: body, txnId }) }
    },
  })
}

/** `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`, also without the key, and then without the slash. */
export function sendStateRoutes({ verbs }: { verbs: RoomVerbs }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType/:stateKey',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      body: Content,
      async handler({ requester, params: { roomId, eventType, stateKey }, body }) {
        const what = { type: eventType, stateKey, content: body }
        return { event_id: await verbs.sendState(requester, roomId, what) }
      },
    }),
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/:roomId/state/:eventType',
      auth: 'guest-ok',
      params: { roomId: roomIdParam },
      body: Content,
      async handler({ requester, params: { roomId, eventType }, body }) {
        const what = { type: eventType, stateKey: '', content: body }
        return { event_id: await verbs.sendState(requester, roomId, what) }
      },
    }),
  ]
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
