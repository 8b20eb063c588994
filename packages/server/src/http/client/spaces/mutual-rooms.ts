import type { Storage } from '@ranvier/storage'
import { invalidParam, missingParam } from '../../../errors.ts'
import { queryString } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { userIdParam } from '../rooms/params.ts'

const ROOMS_PER_PAGE = 100

/** `GET /v1/mutual_rooms`: the rooms in which both are joined, in the order of their ids. */
export function mutualRoomsRoute({ storage }: { storage: Storage }): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v1/mutual_rooms',
    aliases: ['/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms'],
    auth: 'user',
    query: (query) => {
      const userId = queryString(query, 'user_id')
      if (userId === undefined) throw missingParam("Missing string query parameter 'user_id'")
      return { userId: userIdParam(userId), after: placeOf(queryString(query, 'from')) }
    },
    async handler({ requester, query: { userId, after } }) {
      if (userId === requester.userId) throw invalidParam('These are all the rooms you are in')
      const shared = (await storage.read.members.sharedRooms(requester.userId, userId)).sort()
      const rest = after === undefined ? shared : shared.filter((roomId) => roomId > after)
      const joined = rest.slice(0, ROOMS_PER_PAGE)
      const next = rest.length > joined.length ? tokenOf(joined.at(-1)!) : undefined
      return { joined, count: shared.length, ...(next !== undefined && { next_batch: next }) }
    },
  })
}

const tokenOf = (roomId: string) => Buffer.from(roomId).toString('base64url')

/** The room id a page ended with. Throws 400 `M_INVALID_PARAM`. */
function placeOf(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined
  const roomId = Buffer.from(token, 'base64url').toString()
  if (!roomId.startsWith('!')) throw invalidParam("'from' is not a token of this server")
  return roomId
}
