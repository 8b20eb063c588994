import { Type } from '@ranvier/admin-api/schema'
import { invalidParam } from '../../../errors.ts'
import { subscriptionsJson, type ThreadSubscriptions } from '../../../relations/thread-subscriptions.ts'
import type { RoomReads } from '../../../rooms/reads/read-access.ts'
import { subscriptionsPlaceOf, subscriptionsToken } from '../../../sync/sliding/subscriptions-token.ts'
import { type Query, queryEnum, queryInt, queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventIdParam, roomIdParam } from '../rooms/params.ts'

const PATH = '/_matrix/client/unstable/io.element.msc4306/rooms/:roomId/thread/:rootId/subscription'
const NEWEST = Number.MAX_SAFE_INTEGER
const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000

export interface ThreadSubscriptionsDeps {
  threadSubscriptions: ThreadSubscriptions
  reads: RoomReads
}

/** `GET`, `PUT` and `DELETE` of one's subscription to a thread (MSC4306), and what changed of all of them (MSC4308). */
export function threadSubscriptionRoutes(deps: ThreadSubscriptionsDeps): Route[] {
  const { threadSubscriptions } = deps
  const common = { path: PATH, auth: 'user', params: { roomId: roomIdParam, rootId: eventIdParam } } as const
  return [
    clientRoute({
      ...common,
      method: 'GET',
      handler: ({ requester, params: { roomId, rootId } }) =>
        threadSubscriptions.get(requester.userId, roomId, rootId),
    }),
    clientRoute({
      ...common,
      method: 'PUT',
      body: Type.Object({ automatic: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
      async handler({ requester, params: { roomId, rootId }, body: { automatic } }) {
        const cause = automatic == null ? undefined : eventIdParam(automatic)
        await threadSubscriptions.subscribe(requester.userId, roomId, rootId, cause)
        return {}
      },
    }),
    clientRoute({
      ...common,
      method: 'DELETE',
      async handler({ requester, params: { roomId, rootId } }) {
        await threadSubscriptions.unsubscribe(requester.userId, roomId, rootId)
        return {}
      },
    }),
    changesRoute(deps),
  ]
}

function changesRoute({ reads }: ThreadSubscriptionsDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/unstable/io.element.msc4308/thread_subscriptions',
    auth: 'user',
    query: (query) => ({
      dir: queryEnum(query, 'dir', ['b', 'f'], 'b'),
      from: placeQuery(query, 'from'),
      to: placeQuery(query, 'to'),
      limit: Math.min(queryInt(query, 'limit', { default: DEFAULT_LIMIT, min: 1 }), MAX_LIMIT),
    }),
    async handler({ requester, query: { dir, from, to, limit } }) {
      const [upTo, after] = dir === 'b' ? [from, to] : [to, from]
      const found = await reads.storage.read.threadSubscriptions.changes(requester.userId, {
        ...{ dir, after: after ?? 0, upTo: upTo ?? NEWEST },
        limit: limit + 1,
      })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const end = last && subscriptionsToken(dir === 'b' ? last.position - 1 : last.position)
      return { ...subscriptionsJson(page), ...(end !== undefined && { end }) }
    },
  })
}

function placeQuery(query: Query, name: string): number | undefined {
  const token = queryString(query, name)
  if (token === undefined || token === '') return undefined
  const place = subscriptionsPlaceOf(token)
  if (place === undefined) throw invalidParam(`Query parameter '${name}' is not a token of this server`)
  return place
}
