import type { ListDeviceListChanges } from '../../../keys/list-changes.ts'
import { parseToken } from '../../../sync/token.ts'
import { type Query, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /keys/changes`: whose keys have changed between two tokens of `/sync`. */
export function keyChangesRoute({ listChanges }: { listChanges: ListDeviceListChanges }): Route {
  const token = (query: Query, name: string) => parseToken(requiredQueryString(query, name), name)
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/keys/changes',
    auth: 'guest-ok',
    query: (query) => ({ from: token(query, 'from'), to: token(query, 'to') }),
    handler: ({ requester, query }) => listChanges(requester.userId, query),
  })
}
