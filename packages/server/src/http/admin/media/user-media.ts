import { UserMediaQuery } from '@ranvier/admin-api/openapi/queries/media'
import type { ParsedQuery } from '@ranvier/admin-api/openapi/query-params'
import type { MediaDeletionPreview } from '@ranvier/admin-api/previews'
import type { AdminMediaItem, DeletedMedia, UserMediaList } from '@ranvier/admin-api/user-media'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { LocalMedia, MediaPage } from '@ranvier/storage'
import { notFound } from '../../../errors.ts'
import type { Media } from '../../../media/media.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'

export interface AdminUserMediaDeps {
  media: Media
  serverName: ServerName
  userExists: (userId: UserId) => Promise<boolean>
}

const pageQuery = queryParams(UserMediaQuery)
const PATH = '/_synapse/admin/v1/users/:userId/media'

/** `GET` and `DELETE /_synapse/admin/v1/users/{userId}/media`: the files a user has uploaded. */
export function adminUserMediaRoutes(deps: AdminUserMediaDeps): Route[] {
  const { media, serverName } = deps
  const params = { userId: localUserParam(serverName, 'Can only look up local users') }

  async function checkExists(userId: UserId): Promise<void> {
    if (!(await deps.userExists(userId))) throw notFound('User')
  }

  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'listUserMedia',
      params,
      query: pageQuery,
      async handler({ params: { userId }, query }): Promise<UserMediaList> {
        await checkExists(userId)
        const page = pageOf(query)
        const { media: found, total } = await media.reads.listOfUser(userId, page)
        return {
          media: found.map(mediaItem),
          total,
          ...(page.from + page.limit < total && { next_token: page.from + found.length }),
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/_ranvier/admin/v1/users/:userId/media/preview',
      operationId: 'previewUserMediaDeletion',
      params,
      query: pageQuery,
      async handler({ params: { userId }, query }): Promise<MediaDeletionPreview> {
        await checkExists(userId)
        return media.previews.ofUser(userId, pageOf(query))
      },
    }),
    // Only the page that is asked for: a hundred files a call unless told otherwise.
    adminRoute({
      method: 'DELETE',
      path: PATH,
      operationId: 'deleteUserMedia',
      params,
      query: pageQuery,
      async handler({ params: { userId }, query, request }): Promise<DeletedMedia> {
        await checkExists(userId)
        const deleted = await media.deletions.ofUser(userId, pageOf(query), request.signal)
        return { deleted_media: deleted, total: deleted.length }
      },
    }),
  ]
}

function pageOf({ from, limit, order_by: orderBy, dir }: ParsedQuery<typeof UserMediaQuery>): MediaPage {
  // Synapse: newest first, but only for who names neither order nor direction.
  const isPlain = orderBy === undefined && dir === undefined
  return { from, limit, orderBy: orderBy ?? 'created_ts', dir: dir ?? (isPlain ? 'b' : 'f') }
}

/** A file as the admin API shows it in lists. Times in ms since epoch. */
export function mediaItem(media: LocalMedia): AdminMediaItem {
  return {
    media_id: media.mediaId,
    user_id: media.userId,
    media_type: media.mediaType,
    media_length: media.mediaLength,
    upload_name: media.uploadName,
    created_ts: media.createdTs,
    last_access_ts: media.lastAccessTs,
    quarantined_by: media.quarantinedBy,
    safe_from_quarantine: media.safeFromQuarantine,
    authenticated: media.authenticated,
    sha256: media.sha256,
    url_cache: media.urlCache,
  }
}
