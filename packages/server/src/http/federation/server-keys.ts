import type { PublishedKeys } from '../../federation/published-keys.ts'
import { rawJson } from '../answer.ts'
import { type Route, route } from '../route.ts'

/**
 * `GET /_matrix/key/v2/server`: the keys that signatures of this server are checked with.
 *
 * Servers of long ago ask for one key by its id, and get all of them.
 */
export function serverKeyRoutes({ publishedKeys }: { publishedKeys: PublishedKeys }): Route[] {
  const handler = () => rawJson(publishedKeys())
  return [
    route({ method: 'GET', path: '/_matrix/key/v2/server', auth: 'none', handler }),
    route({ method: 'GET', path: '/_matrix/key/v2/server/:keyId', auth: 'none', handler }),
  ]
}
