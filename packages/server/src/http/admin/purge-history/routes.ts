import {
  PurgeHistoryBody,
  type PurgeHistoryStatus,
  type PurgeStarted,
} from '@ranvier/admin-api/purge-history'
import type { Static } from 'typebox'
import { badJson } from '../../../errors.ts'
import type { PurgeHistory } from '../../../rooms/purge-history.ts'
import { adminRoute, type Route } from '../../route.ts'

export interface PurgeHistoryRoutesDeps {
  purgeHistory: PurgeHistory
}

const V1 = '/_synapse/admin/v1'

/** `POST /_synapse/admin/v1/purge_history/{roomId}[/{eventId}]` and `GET …/purge_history_status/{purgeId}` */
export function purgeHistoryRoutes({ purgeHistory }: PurgeHistoryRoutesDeps): Route[] {
  async function start(
    roomId: string,
    inPath: string | undefined,
    body: Static<typeof PurgeHistoryBody>,
  ): Promise<PurgeStarted> {
    const { purge_up_to_ts: ts, delete_local_events: deleteLocal = false } = body
    const eventId = inPath ?? body.purge_up_to_event_id
    if (eventId === undefined && ts === undefined)
      throw badJson('must specify purge_up_to_event_id or purge_up_to_ts')
    const upTo = eventId !== undefined ? { eventId } : { ts: ts! }
    return { purge_id: await purgeHistory.start(roomId, upTo, { deleteLocal }) }
  }

  return [
    adminRoute({
      method: 'POST',
      path: `${V1}/purge_history/:roomId`,
      operationId: 'purgeHistory',
      body: PurgeHistoryBody,
      emptyBody: true,
      handler: ({ params: { roomId }, body }) => start(roomId, undefined, body),
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/purge_history/:roomId/:eventId`,
      operationId: 'purgeHistoryUpToEvent',
      body: PurgeHistoryBody,
      emptyBody: true,
      handler: ({ params: { roomId, eventId }, body }) => start(roomId, eventId, body),
    }),
    adminRoute({
      method: 'GET',
      path: `${V1}/purge_history_status/:purgeId`,
      operationId: 'getPurgeHistoryStatus',
      handler: ({ params: { purgeId } }): Promise<PurgeHistoryStatus> => purgeHistory.status(purgeId),
    }),
  ]
}
