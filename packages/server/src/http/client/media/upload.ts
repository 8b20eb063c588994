import type { Media } from '../../../media/media.ts'
import type { IncomingFile } from '../../../media/upload.ts'
import { type Query, queryString } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'

/**
 * `POST /_matrix/media/v3/upload`; and in two steps: `POST /_matrix/media/v1/create` gives out the URI,
 * `PUT /_matrix/media/v3/upload/{serverName}/{mediaId}` brings its content.
 */
export function uploadRoutes({ media }: { media: Media }): Route[] {
  return [
    clientRoute({
      method: 'POST',
      path: '/_matrix/media/v3/upload',
      auth: 'user',
      query: fileNameOf,
      handler: async ({ requester, query, request }) => ({
        content_uri: await media.upload(requester, incoming(request, query)),
      }),
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/media/v1/create',
      auth: 'user',
      async handler({ requester }) {
        const { uri, expiresTs } = await media.reserve(requester)
        return { content_uri: uri, unused_expires_at: expiresTs }
      },
    }),
    clientRoute({
      method: 'PUT',
      path: '/_matrix/media/v3/upload/:serverName/:mediaId',
      auth: 'user',
      query: fileNameOf,
      async handler({ requester, params, query, request }) {
        await media.uploadReserved(requester, params, incoming(request, query))
        return {}
      },
    }),
  ]
}

const fileNameOf = (query: Query) => queryString(query, 'filename')

function incoming(request: HttpRequest, fileName: string | undefined): IncomingFile {
  return {
    mediaType: request.headers['content-type'],
    fileName,
    openBody: (maxBytes) => request.bodyStream(maxBytes),
  }
}
