import type { MediaInfo, PurgedCache, RoomMedia } from '@ranvier/admin-api/media'
import { DeleteMediaQuery, PurgeCacheQuery } from '@ranvier/admin-api/openapi/queries/media'
import type { ParsedQuery } from '@ranvier/admin-api/openapi/query-params'
import type { MediaDeletionPreview } from '@ranvier/admin-api/previews'
import type { DeletedMedia } from '@ranvier/admin-api/user-media'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import { badRequest, invalidParam, notFound } from '../../../errors.ts'
import type { UnusedSince } from '../../../media/delete-job.ts'
import type { Media } from '../../../media/media.ts'
import type { ListRoomMedia } from '../../../media/room-media.ts'
import { queryParams } from '../../query-params.ts'
import type { HttpRequest } from '../../request.ts'
import { adminRoute, type Route } from '../../route.ts'
import { quarantineRoutes } from './quarantine.ts'
import { mediaItem } from './user-media.ts'

export interface MediaModerationDeps {
  media: Pick<Media, 'reads' | 'moderation' | 'delete' | 'deletions' | 'quarantines' | 'previews'>
  listRoomMedia: ListRoomMedia
  serverName: ServerName
}

const V1 = '/_synapse/admin/v1'
/** December 1970. Synapse takes an earlier time for one in seconds. */
const EARLIEST_MS = 30_000_000_000
const deleteQuery = queryParams(DeleteMediaQuery)
const cacheQuery = queryParams(PurgeCacheQuery)

/** What administrators do about files: `/v1/media`, `/v1/room/{roomId}/media`, `/v1/purge_media_cache`. */
export function mediaModerationRoutes(deps: MediaModerationDeps): Route[] {
  return [...mediaReadRoutes(deps), ...quarantineRoutes(deps), ...mediaDeletionRoutes(deps)]
}

function mediaReadRoutes({ media, listRoomMedia, serverName }: MediaModerationDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: `${V1}/room/:roomId/media`,
      operationId: 'listRoomMedia',
      handler: ({ params: { roomId } }): Promise<RoomMedia> => listRoomMedia(roomId),
    }),
    adminRoute({
      method: 'GET',
      path: `${V1}/media/:serverName/:mediaId`,
      operationId: 'getMedia',
      async handler({ params }): Promise<MediaInfo> {
        const found = params.serverName === serverName ? await media.reads.find(params.mediaId) : undefined
        if (found === undefined) throw notFound('Media')
        return { media_info: { media_origin: null, filesystem_id: null, ...mediaItem(found) } }
      },
    }),
  ]
}

function mediaDeletionRoutes({ media, serverName }: MediaModerationDeps): Route[] {
  function unusedSince(query: ParsedQuery<typeof DeleteMediaQuery>): UnusedSince {
    checkMilliseconds(query.before_ts)
    return { beforeTs: query.before_ts, sizeGt: query.size_gt, keepProfiles: query.keep_profiles }
  }

  async function deleteUnused(
    query: ParsedQuery<typeof DeleteMediaQuery>,
    { signal }: HttpRequest,
  ): Promise<DeletedMedia> {
    const deleted = await media.deletions.unused(unusedSince(query), signal)
    return { deleted_media: deleted, total: deleted.length }
  }

  return [
    adminRoute({
      method: 'POST',
      path: '/_ranvier/admin/v1/media/delete/preview',
      operationId: 'previewUnusedMediaDeletion',
      query: deleteQuery,
      handler: ({ query }): Promise<MediaDeletionPreview> => media.previews.unused(unusedSince(query)),
    }),
    adminRoute({
      method: 'DELETE',
      path: `${V1}/media/:serverName/:mediaId`,
      operationId: 'deleteMedia',
      async handler({ params }): Promise<DeletedMedia> {
        if (params.serverName !== serverName) throw badRequest('Can only delete local media')
        const deleted = await media.delete([params.mediaId])
        if (deleted.length === 0) throw notFound('Media')
        return { deleted_media: deleted, total: deleted.length }
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/media/delete`,
      operationId: 'deleteUnusedMedia',
      query: deleteQuery,
      handler: ({ query, request }) => deleteUnused(query, request),
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/media/:serverName/delete`,
      operationId: 'deleteUnusedMediaLegacy',
      query: deleteQuery,
      async handler({ params, query, request }) {
        if (params.serverName !== serverName) throw badRequest('Can only delete local media')
        return deleteUnused(query, request)
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${V1}/purge_media_cache`,
      operationId: 'purgeMediaCache',
      query: cacheQuery,
      handler({ query }): PurgedCache {
        checkMilliseconds(query.before_ts)
        return { deleted: 0 } // no copies of files of other servers are kept
      },
    }),
  ]
}

function checkMilliseconds(beforeTs: number): void {
  if (beforeTs < EARLIEST_MS)
    throw invalidParam(
      "Query parameter 'before_ts' is a time in 1970: it must be in milliseconds, not seconds",
    )
}
