import type { Media } from '../../../media/media.ts'
import type { IsAdmin } from '../../../requester.ts'
import { queryBool, queryEnum, requiredQueryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { contentAnswer } from './headers.ts'
import { readOptions, readQuery } from './read-query.ts'

/**
 * `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`, and the older path below `/_matrix/media`, where no
 * token is looked at and newer files are not found.
 */
export function thumbnailRoutes(deps: { media: Media; isAdmin: IsAdmin }): Route[] {
  return [
    thumbnailRoute(deps, '/_matrix/client/v1/media/thumbnail/:serverName/:mediaId', 'guest-ok'),
    thumbnailRoute(deps, '/_matrix/media/v3/thumbnail/:serverName/:mediaId', 'none'),
  ]
}

function thumbnailRoute(
  { media, isAdmin }: { media: Media; isAdmin: IsAdmin },
  path: string,
  auth: 'guest-ok' | 'none',
): Route {
  return clientRoute({
    method: 'GET',
    path,
    auth,
    query: (query) => ({
      read: readQuery(query),
      wish: {
        width: requiredQueryInt(query, 'width', { min: 1 }),
        height: requiredQueryInt(query, 'height', { min: 1 }),
        method: queryEnum(query, 'method', ['crop', 'scale'], 'scale'),
        animated: queryBool(query, 'animated', false),
      },
    }),
    async handler({ requester, params, query: { read, wish }, request }) {
      // The path is a variable here, so its parameters are not in its type.
      const ref = params as { serverName: string; mediaId: string }
      const how = await readOptions(read, { requester, request, isAdmin })
      return contentAnswer(await media.thumbnail(ref, wish, how), { isAnonymous: how.isAnonymous })
    },
  })
}
