import { MediaStatisticsQuery } from '@ranvier/admin-api/openapi/queries/statistics'
import type { MediaStatisticsList, RoomSizes } from '@ranvier/admin-api/statistics'
import type { Storage } from '@ranvier/storage'
import { badRequest, invalidParam } from '../../../errors.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'

export interface StatisticsRoutesDeps {
  storage: Pick<Storage, 'read'>
}

const LARGEST_ROOMS = 10 // Synapse: admin_api/statistics §Get largest rooms by size in database
const mediaQuery = queryParams(MediaStatisticsQuery)

/** `/_synapse/admin/v1/statistics`: who and what takes the space. */
export function statisticsRoutes({ storage }: StatisticsRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/statistics/users/media',
      operationId: 'listMediaStatistics',
      query: mediaQuery,
      async handler({ query }): Promise<MediaStatisticsList> {
        const { from, limit, from_ts: fromTs, until_ts: untilTs, search_term: search } = query
        if (untilTs !== undefined && untilTs <= fromTs)
          throw invalidParam("Query parameter 'until_ts' must be greater than 'from_ts'")
        if (search === '') throw invalidParam("Query parameter 'search_term' must not be empty")
        const { users, total } = await storage.read.statistics.mediaByUser({
          from,
          limit,
          orderBy: query.order_by,
          dir: query.dir,
          fromTs: fromTs === 0 ? undefined : fromTs, // every file is younger
          untilTs,
          search,
        })
        return {
          users: users.map((user) => ({
            user_id: user.userId,
            displayname: user.displayName,
            media_count: user.files,
            media_length: user.bytes,
          })),
          total,
          ...(from + limit < total && { next_token: from + users.length }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/statistics/database/rooms',
      operationId: 'listLargestRooms',
      async handler(): Promise<RoomSizes> {
        const rooms = await storage.read.statistics.largestRooms(LARGEST_ROOMS)
        if (rooms === undefined) throw badRequest('The sizes of rooms are only known with PostgreSQL')
        return { rooms: rooms.map(({ roomId, bytes }) => ({ room_id: roomId, estimated_size: bytes })) }
      },
    }),
  ]
}
