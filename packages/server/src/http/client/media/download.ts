import type { Media } from '../../../media/media.ts'
import type { IsAdmin } from '../../../requester.ts'
import { clientRoute, type Route } from '../../route.ts'
import { contentAnswer } from './headers.ts'
import { readOptions, readQuery } from './read-query.ts'

/**
 * `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}[/{fileName}]`, and the older paths below
 * `/_matrix/media`, where no token is looked at and newer files are not found.
 */
export function downloadRoutes(deps: { media: Media; isAdmin: IsAdmin }): Route[] {
  return [
    downloadRoute(deps, '/_matrix/client/v1/media/download/:serverName/:mediaId', 'guest-ok'),
    downloadRoute(deps, '/_matrix/client/v1/media/download/:serverName/:mediaId/:fileName', 'guest-ok'),
    downloadRoute(deps, '/_matrix/media/v3/download/:serverName/:mediaId', 'none'),
    downloadRoute(deps, '/_matrix/media/v3/download/:serverName/:mediaId/:fileName', 'none'),
  ]
}

function downloadRoute(
  { media, isAdmin }: { media: Media; isAdmin: IsAdmin },
  path: string,
  auth: 'guest-ok' | 'none',
): Route {
  return clientRoute({
    method: 'GET',
    path,
    auth,
    query: readQuery,
    async handler({ requester, params, query, request }) {
      // The path is a variable here, so its parameters are not in its type.
      const { fileName, ...ref } = params as { serverName: string; mediaId: string; fileName?: string }
      const how = await readOptions(query, { requester, request, isAdmin })
      const content = await media.download(ref, how)
      return contentAnswer(content, {
        fileName: fileName === '' ? undefined : fileName,
        isAnonymous: how.isAnonymous,
      })
    },
  })
}
