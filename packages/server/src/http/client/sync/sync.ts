import type { Filters } from '../../../client-data/filters.ts'
import type { SyncFilter } from '../../../sync/filter.ts'
import type { JsonText } from '../../../sync/response-text.ts'
import type { StateKey } from '../../../sync/scope.ts'
import type { Sync } from '../../../sync/sync.ts'
import { parseToken } from '../../../sync/token.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { jsonTexts } from '../../json-pieces.ts'
import { type Query, queryBool, queryEnum, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

/**
 * `GET /sync`
 *
 * - `filter` is an id or a filter itself, told apart by the first character
 * - waits up to `timeout` when there is nothing to tell, unless everything is asked for
 */
export function syncRoute(deps: { sync: Sync; filters: Filters }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/sync',
    auth: 'guest-ok',
    query: (query) => {
      const since = queryString(query, 'since')
      return {
        since: since === undefined || since === '' ? undefined : parseToken(since),
        filter: queryString(query, 'filter'),
        fullState: queryBool(query, 'full_state', false),
        timeoutMs: queryInt(query, 'timeout', { default: 0 }),
        setPresence: queryEnum(query, 'set_presence', ['online', 'offline', 'unavailable'], 'online'),
        stateKey: stateKeyOf(query),
      }
    },
    handler({ requester, query: { filter: given, ...wanted }, request }) {
      const sync = (filter: SyncFilter) => {
        const text = deps.sync(requester, { ...wanted, filter, caller: request })
        return text instanceof Promise ? text.then(answerOf) : answerOf(text)
      }
      const filter = deps.filters.resolve(requester.userId, given)
      return filter instanceof Promise ? filter.then(sync) : sync(filter)
    },
  })
}

function answerOf(text: JsonText): HttpAnswer {
  return typeof text === 'string' ? rawJson(text) : jsonTexts(text)
}

function stateKeyOf(query: Query): StateKey {
  if (queryBool(query, 'use_state_after', false)) return 'state_after'
  return queryBool(query, 'org.matrix.msc4222.use_state_after', false)
    ? 'org.matrix.msc4222.state_after'
    : 'state'
}
