import { ListRoomsQuery } from '@ranvier/admin-api/openapi/queries/rooms'
import type { RoomList } from '@ranvier/admin-api/rooms'
import type { RoomOrder } from '@ranvier/storage'
import { invalidParam } from '../../../errors.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import type { AdminRoomDeps } from './deps.ts'
import { roomListItem } from './shape.ts'

const COLUMNS: Record<(typeof ListRoomsQuery)['order_by']['values'][number], RoomOrder> = {
  name: 'name',
  alphabetical: 'name',
  size: 'joined_count',
  canonical_alias: 'canonical_alias',
  joined_members: 'joined_count',
  joined_local_members: 'joined_count',
  version: 'version',
  creator: 'creator',
  encryption: 'encryption',
  federatable: 'federatable',
  public: 'published',
  join_rules: 'join_rule',
  guest_access: 'guest_access',
  history_visibility: 'history_visibility',
  state_events: 'state_event_count',
}
/** Of these `f` means the largest first. Synapse: admin_api/rooms §List Room API */
const LARGEST_FIRST: ReadonlySet<RoomOrder> = new Set(['joined_count', 'version', 'state_event_count'])

const readQuery = queryParams(ListRoomsQuery)

/** `GET /_synapse/admin/v1/rooms` */
export function listRoomsRoute({ reads }: AdminRoomDeps): Route {
  const { roomList } = reads.storage.read
  return adminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/rooms',
    operationId: 'listRooms',
    query: readQuery,
    async handler({ query }): Promise<RoomList> {
      const { from, limit, search_term: search } = query
      if (search === '') throw invalidParam("Query parameter 'search_term' must not be empty")
      const filter = { search, published: query.public_rooms, empty: query.empty_rooms }
      const orderBy = COLUMNS[query.order_by]
      const descending = LARGEST_FIRST.has(orderBy) === (query.dir === 'f')
      const { rooms, total } = await roomList.list(filter, { orderBy, descending, from, limit })
      return {
        rooms: rooms.map(roomListItem),
        offset: from,
        total_rooms: total,
        ...(from + limit < total && { next_batch: from + limit }),
        ...(from > 0 && { prev_batch: Math.max(from - limit, 0) }),
      }
    },
  })
}
