import type { Static } from '@ranvier/admin-api/schema'
import { SendNoticeBody, type SentNotice } from '@ranvier/admin-api/server-notices'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Notice, ServerNotices } from '../../../server-notices/server-notices.ts'
import { adminRoute, type Route } from '../../route.ts'
import { userIdParam } from '../../user-params.ts'

export interface ServerNoticeRoutesDeps {
  serverNotices: ServerNotices
}

const PATH = '/_synapse/admin/v1/send_server_notice'

/** `POST` and, once per transaction id, `PUT /_synapse/admin/v1/send_server_notice` */
export function serverNoticeRoutes({ serverNotices }: ServerNoticeRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'POST',
      path: PATH,
      operationId: 'sendServerNotice',
      body: SendNoticeBody,
      async handler({ body }): Promise<SentNotice> {
        return { event_id: await serverNotices.send(userIdParam(body.user_id), noticeOf(body)) }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: `${PATH}/:txnId`,
      operationId: 'sendServerNoticeOnce',
      body: SendNoticeBody,
      async handler({ requester, params: { txnId }, body }): Promise<SentNotice> {
        const txn = { by: requester.userId, txnId }
        return { event_id: await serverNotices.send(userIdParam(body.user_id), noticeOf(body), txn) }
      },
    }),
  ]
}

function noticeOf({
  type = 'm.room.message',
  state_key: stateKey,
  content,
}: Static<typeof SendNoticeBody>): Notice {
  return { type, stateKey: stateKey ?? undefined, content: content as JsonObject } // parsed JSON
}
