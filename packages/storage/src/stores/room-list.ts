import type { ReadHandle, SqlValue } from '../db/types.ts'
import { countListed, roomSorts } from './list-totals.ts'
import type { RawRoom } from './room-rows.ts'
import { toRoom } from './room-rows.ts'
import type { RoomRow } from './room-types.ts'

/** Columns administrators order rooms by. Each has an index. */
export const ROOM_ORDERS = [
  'name',
  'canonical_alias',
  'joined_count',
  'version',
  'creator',
  'encryption',
  'federatable',
  'published',
  'join_rule',
  'guest_access',
  'history_visibility',
  'state_event_count',
] as const
export type RoomOrder = (typeof ROOM_ORDERS)[number]

const NULLABLE: ReadonlySet<RoomOrder> = new Set([
  'name',
  'canonical_alias',
  'encryption',
  'join_rule',
  'guest_access',
  'history_visibility',
])

export interface RoomFilter {
  /** Part of the name or of the canonical alias's localpart, in any letter case, or the whole room id. */
  search?: string | undefined
  published?: boolean | undefined
  /** true: only rooms nobody is joined to, false: none of them. */
  empty?: boolean | undefined
}

export interface RoomListPage {
  orderBy: RoomOrder
  /** Rooms that are equal in `orderBy` go by room id, in the same direction. */
  descending: boolean
  from: number
  limit: number
}

/** What is known of a room beside its row. */
export interface RoomExtras {
  /** Devices of the joined users of this server. */
  joinedLocalDevices: number
  /** No user of this server still has the room in sight. */
  forgotten: boolean
  tombstoned: boolean
}

/** Rooms as administrators see them. */
export class RoomListReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  /** A page of the rooms that pass the filter. Walks the index of the order. Nulls come before values when ascending. */
  async list(filter: RoomFilter, page: RoomListPage): Promise<RoomRow[]> {
    const { sql, params } = listStatement(filter, page)
    const ids = (await this.#db.all<{ room_id: string }>(sql, ...params)).map((row) => row.room_id)
    const rows = await this.#db.all<RawRoom>('SELECT * FROM rooms WHERE room_id = ANY(?)', ids)
    const byId = new Map(rows.map((row) => [row.room_id as string, toRoom(row)]))
    return ids.flatMap((id) => byId.get(id) ?? [])
  }

  /** How many rooms pass the filter: a kept number, unless something is searched for. */
  async count(filter: RoomFilter): Promise<number> {
    if (filter.search === undefined) return countListed(this.#db, 'rooms', roomSorts(filter))
    const { sql, params } = conditions(filter, '')
    const row = await this.#db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM rooms ${sql}`, ...params)
    return row?.n ?? 0
  }

  async extras(roomId: string): Promise<RoomExtras> {
    const devices = await this.#db.get<{ n: number }>(
      `SELECT COUNT(*) AS n FROM room_members m JOIN devices d ON d.user_id = m.user_id
       WHERE m.room_id = ? AND m.membership = 'join'`,
      roomId,
    )
    const remembering = await this.#db.get(
      `SELECT 1 AS found FROM room_members m JOIN users u ON u.name = m.user_id
       WHERE m.room_id = ? AND m.forgotten = 0 LIMIT 1`,
      roomId,
    )
    const tombstone = await this.#db.get(
      "SELECT 1 AS found FROM current_state WHERE room_id = ? AND type = 'm.room.tombstone' AND state_key = ''",
      roomId,
    )
    return {
      joinedLocalDevices: devices?.n ?? 0,
      forgotten: remembering === undefined,
      tombstoned: tombstone !== undefined,
    }
  }

  /** Rooms a user has made since `createdTs`, in no order. */
  async madeBy(userId: string, createdTs: number): Promise<RoomRow[]> {
    const rows = await this.#db.all<RawRoom>(
      'SELECT * FROM rooms WHERE creator = ? AND created_ts >= ?',
      userId,
      createdTs,
    )
    return rows.map(toRoom)
  }
}

/** The ids of a page: the rooms that are skipped are passed in the index alone. For tests of its plan. */
export function listStatement(filter: RoomFilter, page: RoomListPage): { sql: string; params: SqlValue[] } {
  const { orderBy, descending, from, limit } = page
  // PostgreSQL looks for an index that places nulls as asked, even in a column that has none.
  const nulls = NULLABLE.has(orderBy) ? (descending ? ' NULLS LAST' : ' NULLS FIRST') : ''
  const direction = descending ? 'DESC' : 'ASC'
  const order = `${orderBy} ${direction}${nulls}, room_id ${direction}`
  const { sql, params } = conditions(filter, '+')
  return {
    sql: `SELECT room_id FROM rooms ${sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    params: [...params, limit, from],
  }
}

/** The `+` keeps the planner from taking the index of a filter instead of that of the order. */
function conditions(
  { search, published, empty }: RoomFilter,
  plus: '+' | '',
): { sql: string; params: SqlValue[] } {
  const parts: string[] = []
  const params: SqlValue[] = []
  if (search !== undefined) {
    const escaped = search.replace(/[\\%_]/g, '\\$&')
    parts.push(
      `(LOWER(name) LIKE LOWER(?) ESCAPE '\\' OR LOWER(canonical_alias) LIKE LOWER(?) ESCAPE '\\' OR room_id = ?)`,
    )
    params.push(`%${escaped}%`, `#%${escaped}%:%`, search)
  }
  if (published !== undefined) parts.push(`${plus}published = ${published ? 1 : 0}`)
  if (empty !== undefined) parts.push(`${plus}joined_count ${empty ? '=' : '>'} 0`)
  return { sql: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, params }
}
