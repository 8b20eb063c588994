import { SinceQuery } from '@ranvier/admin-api/openapi/queries/users'
import type { InviteCount, JoinedRoomCount, JoinedRooms, Memberships } from '@ranvier/admin-api/users'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

const since = queryParams(SinceQuery)

/** What a user has to do with rooms. Any user, of this server or not, known or not: never 404. */
export function userRoomRoutes({ accounts: { reads } }: AdminUserDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/joined_rooms',
      operationId: 'listJoinedRooms',
      async handler({ params: { userId } }): Promise<JoinedRooms> {
        const memberships = await reads.memberships(userId)
        const joined = memberships.filter(({ membership }) => membership === 'join')
        return { joined_rooms: joined.map(({ roomId }) => roomId), total: joined.length }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/memberships',
      operationId: 'listMemberships',
      async handler({ params: { userId } }): Promise<Memberships> {
        const memberships = await reads.memberships(userId)
        return {
          memberships: Object.fromEntries(memberships.map(({ roomId, membership }) => [roomId, membership])),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/sent_invite_count',
      operationId: 'countSentInvites',
      query: since,
      handler: async ({ params: { userId }, query }): Promise<InviteCount> => ({
        invite_count: await reads.countInvitesSent(userId, query.from_ts),
      }),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/cumulative_joined_room_count',
      operationId: 'countJoinedRooms',
      query: since,
      handler: async ({ params: { userId }, query }): Promise<JoinedRoomCount> => ({
        cumulative_joined_room_count: await reads.countRoomsJoined(userId, query.from_ts),
      }),
    }),
  ]
}
