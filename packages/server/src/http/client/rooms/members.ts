import {
  type JoinedMember,
  listJoinedMembers,
  listJoinedRooms,
  listMembers,
} from '../../../rooms/reads/list-members.ts'
import { rawJson } from '../../answer.ts'
import { jsonPieces } from '../../json-pieces.ts'
import { queryEnum } from '../../query.ts'
import { clientRoute, type Route } from '../../route.ts'
import { eventListAnswer, type RoomReadRoutesDeps } from './event-texts.ts'
import { placeQuery, roomIdParam } from './params.ts'

const MEMBERSHIPS = ['join', 'invite', 'knock', 'leave', 'ban'] as const

/** `GET /rooms/{roomId}/members`: the member events, now or at a token. */
export function membersRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/members',
    auth: 'guest-ok',
    params: { roomId: roomIdParam },
    query: (query) => ({
      at: placeQuery(query, 'at'),
      membership: queryEnum(query, 'membership', MEMBERSHIPS),
      notMembership: queryEnum(query, 'not_membership', MEMBERSHIPS),
    }),
    async handler({ requester, params: { roomId }, query }) {
      const members = await listMembers(deps.reads, requester.userId, roomId, query)
      return eventListAnswer(deps, requester, roomId, members, ['{"chunk":', '}'])
    },
  })
}

/** `GET /rooms/{roomId}/joined_members`: names and pictures of who is joined, for members only. */
export function joinedMembersRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/rooms/:roomId/joined_members',
    auth: 'user',
    params: { roomId: roomIdParam },
    async handler({ requester, params: { roomId } }) {
      const { isLarge, steps } = await listJoinedMembers(deps.reads, requester.userId, roomId)
      const [before, after] = ['{"joined":{', '}}']
      if (!isLarge) return rawJson([before, steps.map(joinedText).join(','), after])
      async function* pieces() {
        for await (const some of steps) yield joinedText(some)
      }
      return jsonPieces(before, pieces(), after)
    },
  })
}

/** Synapse answers null for who has no name or picture, and clients expect both keys. */
function joinedText(members: readonly JoinedMember[]): string {
  const texts = members.map(
    ({ userId, displayName, avatarUrl }) =>
      `${JSON.stringify(userId)}:${JSON.stringify({ display_name: displayName, avatar_url: avatarUrl })}`,
  )
  return texts.join(',')
}

/** `GET /joined_rooms` */
export function joinedRoomsRoute(deps: RoomReadRoutesDeps): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/joined_rooms',
    auth: 'guest-ok',
    handler: async ({ requester }) => ({ joined_rooms: await listJoinedRooms(deps.reads, requester.userId) }),
  })
}
