import { RoomStorageQuery, UserStorageQuery } from '@ranvier/admin-api/openapi/queries/storage-report'
import type { RoomStorageList, UserStorageList } from '@ranvier/admin-api/storage-report'
import type { StorageReport } from '../../../storage-report/storage-report.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { MOST_ITEMS, pageToken, placeOf } from '../page-token.ts'

export interface StorageReportRoutesDeps {
  storageReport: StorageReport
}

const roomsQuery = queryParams(RoomStorageQuery)
const usersQuery = queryParams(UserStorageQuery)

/** `GET /_ranvier/admin/v1/storage/rooms` and `…/users`: what takes up space. */
export function storageReportRoutes({ storageReport }: StorageReportRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/storage/rooms',
      operationId: 'listRoomStorage',
      query: roomsQuery,
      async handler({ query }): Promise<RoomStorageList> {
        const { orderBy, page, limit } = pageOf(query)
        const found = await storageReport.rooms({ ...page, orderBy })
        const next = nextOf(found, limit, (row) => [row[orderBy], row.room_id])
        return { rooms: found.slice(0, limit), complete_ts: await storageReport.completeTs(), ...next }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/_ranvier/admin/v1/storage/users',
      operationId: 'listUserStorage',
      query: usersQuery,
      async handler({ query }): Promise<UserStorageList> {
        const { orderBy, page, limit } = pageOf(query)
        const found = await storageReport.users({ ...page, orderBy })
        const next = nextOf(found, limit, (row) => [row[orderBy], row.user_id])
        return { users: found.slice(0, limit), complete_ts: await storageReport.completeTs(), ...next }
      },
    }),
  ]
}

/** One more than asked for is read: it tells whether there is a next page. */
function pageOf<O extends string>(query: {
  order_by: O
  dir: 'f' | 'b'
  from: string | undefined
  limit: number
}) {
  const place = query.from === undefined ? undefined : placeOf(query.from, ['number', 'string'])
  const limit = Math.min(query.limit, MOST_ITEMS)
  const after = place && { value: place[0], id: place[1] }
  return { orderBy: query.order_by, limit, page: { dir: query.dir, after, limit: limit + 1 } }
}

function nextOf<R>(
  found: readonly R[],
  limit: number,
  placeOfRow: (row: R) => [number, string],
): { next_token?: string } {
  return found.length > limit ? { next_token: pageToken(placeOfRow(found[limit - 1]!)) } : {}
}
