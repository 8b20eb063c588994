import { Type } from '@ranvier/admin-api/schema'
import { isEventId } from '@ranvier/protocol/ids/event-id'
import { READ_MARKER_TYPES, type SendReceipts } from '../../../client-data/receipts.ts'
import { invalidParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import { roomIdParam } from '../rooms/params.ts'

const eventId = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** `POST /rooms/{roomId}/read_markers`: up to three markers at once. */
export function readMarkersRoute({ sendReceipts }: { sendReceipts: SendReceipts }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/rooms/:roomId/read_markers',
    auth: 'user',
    params: { roomId: roomIdParam },
    body: Type.Object({ 'm.fully_read': eventId, 'm.read': eventId, 'm.read.private': eventId }),
    async handler({ requester, params: { roomId }, body }) {
      const markers = READ_MARKER_TYPES.flatMap((type) => {
        const id = body[type] ?? undefined
        if (id === undefined) return []
        if (!isEventId(id)) throw invalidParam(`'${type}' is not an event id`)
        return [{ type, eventId: id, threadId: null }]
      })
      await sendReceipts(requester, roomId, markers)
      return {}
    },
  })
}
