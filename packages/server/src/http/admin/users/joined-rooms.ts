import type { JoinedRooms } from '@ranvier/admin-api/users'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminUserDeps } from './deps.ts'

/** `GET /_synapse/admin/v1/users/{userId}/joined_rooms`. Any user, known or not: never 404. */
export function joinedRoomsRoute({ joinedRoomsOf }: AdminUserDeps): Route {
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/joined_rooms',
    async handler({ params: { userId } }): Promise<JoinedRooms> {
      const roomIds = [...(await joinedRoomsOf(userId))]
      return { joined_rooms: roomIds, total: roomIds.length }
    },
  })
}
