import type { InviteCount, JoinedRoomCount, JoinedRooms, Memberships } from '@ranvier/admin-api/users'
import { requiredQueryInt } from '../../query.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

const fromTs = (query: Parameters<typeof requiredQueryInt>[0]) => requiredQueryInt(query, 'from_ts')

/** What a user has to do with rooms. Any user, of this server or not, known or not: never 404. */
export function userRoomRoutes({ accounts: { reads } }: AdminUserDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/joined_rooms',
      async handler({ params: { userId } }): Promise<JoinedRooms> {
        const memberships = await reads.memberships(userId)
        const joined = memberships.filter(({ membership }) => membership === 'join')
        return { joined_rooms: joined.map(({ roomId }) => roomId), total: joined.length }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/memberships',
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
      query: fromTs,
      handler: async ({ params: { userId }, query }): Promise<InviteCount> => ({
        invite_count: await reads.countInvitesSent(userId, query),
      }),
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/users/:userId/cumulative_joined_room_count',
      query: fromTs,
      handler: async ({ params: { userId }, query }): Promise<JoinedRoomCount> => ({
        cumulative_joined_room_count: await reads.countRoomsJoined(userId, query),
      }),
    }),
  ]
}
