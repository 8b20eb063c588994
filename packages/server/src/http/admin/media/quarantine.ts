import type { QuarantineChanges, QuarantinedCount } from '@ranvier/admin-api/media'
import { QuarantineChangesQuery } from '@ranvier/admin-api/openapi/queries/media'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { invalidParam } from '../../../errors.ts'
import { queryParams } from '../../query-params.ts'
import type { HttpRequest } from '../../request.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { MediaModerationDeps } from './moderation.ts'

const MAX_CHANGES = 100
const V1 = '/_synapse/admin/v1'
const changesQuery = queryParams(QuarantineChangesQuery)

/** What hides files, shows them again, and keeps them from being hidden. */
export function quarantineRoutes({ media, serverName }: MediaModerationDeps): Route[] {
  const { moderation, quarantines } = media

  async function quarantineRoom(
    by: UserId,
    roomId: string,
    { signal }: HttpRequest,
  ): Promise<QuarantinedCount> {
    return { num_quarantined: await quarantines.ofRoom(by, roomId, signal) }
  }

  return [
    adminRoute({
      method: 'POST',
      path: `${V1}/media/quarantine/:serverName/:mediaId`,
      operationId: 'quarantineMedia',
      async handler({ requester, params }) {
        await moderation.quarantine(requester.userId, params)
        return {}
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/media/unquarantine/:serverName/:mediaId`,
      operationId: 'unquarantineMedia',
      async handler({ params }) {
        await moderation.unquarantine(params)
        return {}
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/room/:roomId/media/quarantine`,
      operationId: 'quarantineRoomMedia',
      handler: ({ requester, params: { roomId }, request }) =>
        quarantineRoom(requester.userId, roomId, request),
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/quarantine_media/:roomId`,
      operationId: 'quarantineRoomMediaLegacy',
      handler: ({ requester, params: { roomId }, request }) =>
        quarantineRoom(requester.userId, roomId, request),
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/user/:userId/media/quarantine`,
      operationId: 'quarantineUserMedia',
      async handler({ requester, params: { userId }, request }): Promise<QuarantinedCount> {
        return { num_quarantined: await quarantines.ofUser(requester.userId, userId, request.signal) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${V1}/media/quarantine_changes`,
      operationId: 'listQuarantineChanges',
      query: changesQuery,
      async handler({ query: { from } }): Promise<QuarantineChanges> {
        const last = await moderation.lastChange()
        if (from > last) throw invalidParam(`Query parameter 'from' must be at most ${last}`)
        const changes = await moderation.changes(from, MAX_CHANGES)
        return {
          next_batch: changes.at(-1)?.id ?? from,
          changes: changes.map(({ mediaId, quarantined }) => ({
            origin: serverName,
            media_id: mediaId,
            quarantined,
          })),
        }
      },
    }),
    ...(['protect', 'unprotect'] as const).map((verb) =>
      adminRoute({
        method: 'POST',
        path: `${V1}/media/${verb}/:mediaId`,
        operationId: `${verb}Media`,
        async handler({ params: { mediaId } }) {
          await moderation.protect(mediaId, verb === 'protect')
          return {}
        },
      }),
    ),
  ]
}
