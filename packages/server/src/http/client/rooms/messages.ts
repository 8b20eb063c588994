import { readMessages } from '../../../rooms/reads/messages.ts'
import { eventsToken } from '../../../sync/token.ts'
import { rawJson } from '../../answer.ts'
import { queryEnum, queryInt } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventTexts, type RoomReadRoutesDeps } from './event-texts.ts'
import { filterQuery, placeQuery, roomIdParam } from './params.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1_000 // Synapse's

/**
 * `GET /rooms/{roomId}/messages`
 *
 * - `from` and `to` take the tokens of `/sync` as well
 * - `end` is missing when there is nothing further, which is when the page is empty
 * - without `dir` it goes forwards. NOTSPEC: it must be there, but Synapse does not ask for it, and scripts leave it out
 */
export function messagesRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/messages',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: (query) => {
      const dir = queryEnum(query, 'dir', ['b', 'f'], 'f')
      const filter = filterQuery(query)
      const limit = queryInt(query, 'limit') ?? filter.limit ?? DEFAULT_LIMIT
      return {
        dir,
        from: placeQuery(query, 'from'),
        to: placeQuery(query, 'to'),
        limit: Math.min(limit, MAX_LIMIT),
        filter,
      }
    },
    async handler({ requester, params, query }) {
      const page = await readMessages(deps.reads, requester.userId, params.roomId, query)
      const list = async (events: typeof page.chunk) =>
        (await eventTexts(deps, requester, params.roomId, events)).join(',')
      const texts = [`{"start":"${eventsToken(page.start)}","chunk":[`, await list(page.chunk), ']']
      if (page.end !== undefined) texts.push(`,"end":"${eventsToken(page.end)}"`)
      if (page.state !== undefined) texts.push(',"state":[', await list(page.state), ']')
      return rawJson([...texts, '}'])
    },
  })
}
