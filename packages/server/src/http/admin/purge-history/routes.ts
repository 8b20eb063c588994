import type { PurgePreview } from '@ranvier/admin-api/previews'
import {
  PurgeHistoryBody,
  type PurgeHistoryStatus,
  type PurgeStarted,
} from '@ranvier/admin-api/purge-history'
import type { Static } from '@ranvier/admin-api/schema'
import { badJson } from '../../../errors.ts'
import type { PurgeHistory } from '../../../rooms/purge-history.ts'
import { adminRoute, type Route } from '../../route.ts'

export interface PurgeHistoryRoutesDeps {
  purgeHistory: PurgeHistory
}

const V1 = '/_synapse/admin/v1'

/**
 * `POST /_synapse/admin/v1/purge_history/{roomId}[/{eventId}]` and `GET …/purge_history_status/{purgeId}`;
 * `POST /_ranvier/admin/v1/purge_history/{roomId}/preview` only says what would go.
 */
export function purgeHistoryRoutes({ purgeHistory }: PurgeHistoryRoutesDeps): Route[] {
  function wishOf(inPath: string | undefined, body: Static<typeof PurgeHistoryBody>) {
    const { purge_up_to_ts: ts, delete_local_events: deleteLocal = false } = body
    const eventId = inPath ?? body.purge_up_to_event_id
    if (eventId === undefined && ts === undefined)
      throw badJson('must specify purge_up_to_event_id or purge_up_to_ts')
    return { upTo: eventId !== undefined ? { eventId } : { ts: ts! }, how: { deleteLocal } }
  }

  async function start(
    roomId: string,
    inPath: string | undefined,
    body: Static<typeof PurgeHistoryBody>,
  ): Promise<PurgeStarted> {
    const { upTo, how } = wishOf(inPath, body)
    return { purge_id: await purgeHistory.start(roomId, upTo, how) }
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
      method: 'POST',
      path: '/_ranvier/admin/v1/purge_history/:roomId/preview',
      operationId: 'previewPurgeHistory',
      body: PurgeHistoryBody,
      emptyBody: true,
      async handler({ params: { roomId }, body }): Promise<PurgePreview> {
        const { upTo, how } = wishOf(undefined, body)
        const preview = await purgeHistory.preview(roomId, upTo, how)
        return {
          room_id: roomId,
          event_id: preview.eventId,
          in_progress: preview.inProgress,
          events: preview.events,
          exact: preview.exact,
          at_most: preview.atMost,
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${V1}/purge_history_status/:purgeId`,
      operationId: 'getPurgeHistoryStatus',
      handler: ({ params: { purgeId } }): Promise<PurgeHistoryStatus> => purgeHistory.status(purgeId),
    }),
  ]
}
