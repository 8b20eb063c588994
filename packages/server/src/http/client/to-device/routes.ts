import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { SendToDevice } from '../../../client-data/send-to-device.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `PUT /sendToDevice/{eventType}/{txnId}` */
export function toDeviceRoutes({ sendToDevice }: { sendToDevice: SendToDevice }): Route[] {
  return [
    clientRoute({
      method: 'PUT',
      path: '/_matrix/client/v3/sendToDevice/:eventType/:txnId',
      auth: 'guest-ok',
      body: Type.Object({ messages: Type.Object({}) }),
      async handler({ requester, params: { eventType, txnId }, body }) {
        const messages = body.messages as JsonObject // parsed JSON
        await sendToDevice(requester, { type: eventType, txnId, messages })
        return {}
      },
    }),
  ]
}
