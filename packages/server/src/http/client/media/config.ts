import type { Media } from '../../../media/media.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /_matrix/client/v1/media/config`, and where it was before. */
export function mediaConfigRoutes({ media }: { media: Media }): Route[] {
  const answer = { 'm.upload.size': media.settings.maxUploadBytes }
  return ['/_matrix/client/v1/media/config', '/_matrix/media/v3/config'].map((path) =>
    clientRoute({ method: 'GET', path, auth: 'guest-ok', handler: () => answer }),
  )
}
