import type { ThirdParty, ThirdPartyKind } from '../../../appservices/third-party.ts'
import { queryList, requiredQueryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'

const base = '/_matrix/client/v3/thirdparty'

/** `/thirdparty/…`: the networks that application services bridge to, and who and what is there. */
export function thirdPartyRoutes({ thirdParty }: { thirdParty: ThirdParty }): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: `${base}/protocols`,
      auth: 'guest-ok',
      handler: () => thirdParty.protocols(),
    }),
    clientRoute({
      method: 'GET',
      path: `${base}/protocol/:protocol`,
      auth: 'guest-ok',
      handler: ({ params: { protocol } }) => thirdParty.protocol(protocol),
    }),
    searchRoute(thirdParty, 'user'),
    searchRoute(thirdParty, 'location'),
    reverseRoute(thirdParty, 'user', 'userid'),
    reverseRoute(thirdParty, 'location', 'alias'),
  ]
}

function searchRoute(thirdParty: ThirdParty, kind: ThirdPartyKind): Route {
  return clientRoute({
    method: 'GET',
    path: `${base}/${kind}/:protocol`,
    auth: 'guest-ok',
    handler: ({ params: { protocol }, query }) => {
      // Whatever is in the query is a field of the network's; but the token of who asks is not for bridges.
      const fields = Object.keys(query)
        .filter((name) => name !== 'access_token' && name !== 'user_id')
        .flatMap((name) => queryList(query, name).map((value): [string, string] => [name, value]))
      return thirdParty.search(kind, protocol, fields)
    },
  })
}

function reverseRoute(thirdParty: ThirdParty, kind: ThirdPartyKind, name: string): Route {
  return clientRoute({
    method: 'GET',
    path: `${base}/${kind}`,
    auth: 'guest-ok',
    query: (query) => requiredQueryString(query, name),
    handler: ({ query: id }) => thirdParty.reverse(kind, id),
  })
}
