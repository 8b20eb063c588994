import type { Media } from '../../../media/media.ts'
import type { IsAdmin } from '../../../requester.ts'
import type { Route } from '../../route.ts'
import { mediaConfigRoutes } from './config.ts'
import { downloadRoutes } from './download.ts'
import { thumbnailRoutes } from './thumbnail.ts'
import { uploadRoutes } from './upload.ts'

/** The content repository of the client API. None when it is switched off (`enable_media_repo`). */
export function mediaRoutes(deps: { media: Media; isAdmin: IsAdmin }): Route[] {
  if (!deps.media.settings.enabled) return []
  return [
    ...uploadRoutes(deps),
    ...downloadRoutes(deps),
    ...thumbnailRoutes(deps),
    ...mediaConfigRoutes(deps),
  ]
}
