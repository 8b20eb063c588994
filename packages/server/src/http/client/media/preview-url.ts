import type { UrlPreviews } from '../../../previews/preview-url.ts'
import { rawJson } from '../../answer.ts'
import { queryInt, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

/**
 * `GET /_matrix/client/v1/media/preview_url`, and where it was before
 *
 * - `ts`: as the page was then, if that is still kept; else as it is now
 * - 403 for a URL that this server may not look at, 502 when there is nothing to be had
 */
export function previewUrlRoutes({ previews }: { previews: UrlPreviews }): Route[] {
  return ['/_matrix/client/v1/media/preview_url', '/_matrix/media/v3/preview_url'].map((path) =>
    clientRoute({
      method: 'GET',
      path,
      auth: 'user',
      query: (query) => ({ ts: queryInt(query, 'ts'), url: requiredQueryString(query, 'url') }),
      async handler({ requester, query: { url, ts } }) {
        return rawJson(await previews.of(requester, url, ts))
      },
    }),
  )
}
