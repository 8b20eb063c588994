import type { SlidingSync } from '../../../sync/sliding/sliding-sync.ts'
import { rawJson } from '../../answer.ts'
import { queryEnum, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { parseSlidingBody, SlidingBody } from './sliding-request.ts'

/**
 * `POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync` (MSC4186, simplified sliding sync)
 *
 * - without `pos` the connection begins anew; with one that was forgotten: 400 `M_UNKNOWN_POS`
 * - the same `pos` may come again, when the answer to it was lost
 * - waits up to `timeout` when there is nothing to tell and the client asks for nothing it did not ask for before
 */
export function slidingSyncRoute(deps: { slidingSync: SlidingSync }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync',
    auth: 'guest-ok',
    query: (query) => ({
      pos: queryString(query, 'pos') || undefined,
      timeoutMs: queryInt(query, 'timeout', { default: 0 }),
      setPresence: queryEnum(query, 'set_presence', ['online', 'offline', 'unavailable'], 'online'),
    }),
    body: SlidingBody,
    emptyBody: true,
    async handler({ requester, query, body, request }) {
      const wanted = parseSlidingBody(body, requester.userId)
      return rawJson(await deps.slidingSync(requester, { ...wanted, ...query, caller: request }))
    },
  })
}
