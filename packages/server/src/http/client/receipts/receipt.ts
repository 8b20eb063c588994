import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import { READ_MARKER_TYPES, type ReadMarkerType, type SendReceipts } from '../../../client-data/receipts.ts'
import { invalidParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventIdParam, roomIdParam } from '../rooms/params.ts'

/** `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}`. Without `thread_id` it counts for all threads. */
export function receiptRoute({ sendReceipts }: { sendReceipts: SendReceipts }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/receipt/:receiptType/:eventId',
    auth: 'user',
    params: { roomId: roomIdParam, receiptType: receiptTypeParam, eventId: eventIdParam },
    body: Type.Object({}),
    // Clients from before there were threads send none.
    emptyBody: true,
    async handler({ requester, params: { roomId, receiptType: type, eventId }, body }) {
      const threadId = threadIdOf(body as JsonObject) // parsed JSON
      await sendReceipts(requester, roomId, [{ type, eventId, threadId }])
      return {}
    },
  })
}

function receiptTypeParam(raw: string): ReadMarkerType {
  const type = READ_MARKER_TYPES.find((each) => each === raw)
  if (type === undefined) throw invalidParam(`Receipt type must be one of ${READ_MARKER_TYPES.join(', ')}`)
  return type
}

function threadIdOf(body: JsonObject): string | null {
  const threadId = body['thread_id']
  if (threadId === undefined) return null
  // Spec: CS API `POST …/receipt`, 400: `M_INVALID_PARAM` whatever is wrong with it.
  if (typeof threadId !== 'string' || threadId === '')
    throw invalidParam('thread_id field must be a non-empty string')
  return threadId
}
