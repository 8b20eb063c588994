import type { ReadHandle } from '../../db/types.ts'
import { both, contains } from '../lists/condition.ts'
import { inOrder, type ListOrder, listKeys, type Page, type Selection } from '../lists/pages.ts'
import { partOf } from '../lists/search-text.ts'
import { countTexts, hasPart } from '../lists/texts.ts'
import { listedBySort } from '../lists/totals.ts'
import { joinedDevices } from './joined-devices.ts'
import type { RawRoom } from './rows.ts'
import { toRoom } from './rows.ts'
import { type RoomSortFilter, roomSorts } from './sorts.ts'
import type { RoomRow } from './types.ts'

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

export interface RoomFilter extends RoomSortFilter {
  /** Part of the name or of the canonical alias's localpart, in any letter case, or the whole room id. */
  search?: string | undefined
}

export interface RoomListPage extends Page {
  orderBy: RoomOrder
  /** Rooms that are equal in `orderBy` go by room id, in the same direction. */
  descending: boolean
}

/** What is known of a room beside its row. */
export interface RoomExtras {
  /** Devices of the joined users of this server. */
  joinedLocalDevices: number
  /** No user of this server still has the room in sight. */
  forgotten: boolean
  tombstoned: boolean
}

const ROOMS = { table: 'rooms', key: 'room_id' }
/** What is asked of a room met on a walk is a look into another table, about half of finding and sorting it. */
const SEARCH_SORT_COST = 2

/** Rooms as administrators see them. */
export class RoomListReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  /** A page of the rooms that pass the filter, and how many they are. Nulls come before values when ascending. */
  async list(filter: RoomFilter, page: RoomListPage): Promise<{ rooms: RoomRow[]; total: number }> {
    const selection = await this.#select(filter, page.orderBy)
    const ids = await listKeys<string>(this.#db, ROOMS, orderOf(page), selection, page)
    const rows = await this.#db.all<RawRoom>('SELECT * FROM rooms WHERE room_id = ANY(?)', ids)
    const rooms = inOrder(ids, rows.map(toRoom), (room) => room.roomId as string)
    return { rooms, total: selection.found }
  }

  async #select({ search, ...filter }: RoomFilter, orderBy: RoomOrder): Promise<Selection> {
    const bySort = await listedBySort(this.#db, 'rooms')
    const count = (of: RoomSortFilter) =>
      roomSorts(of).reduce((sum, sort) => sum + (bySort.get(sort) ?? 0), 0)
    const sorts = roomSorts(filter)
    if (search !== undefined) return this.#searched(search, sorts, count({}))
    const [found, together] = [count(filter), togetherIn(orderBy, filter)]
    const total = count(together?.filter ?? {})
    const all = together && { sql: together.sql, params: [] }
    if (found === total) return { found, total, check: all }
    const find = { sql: 'sort = ANY(?)', params: [sorts] }
    // The `+` keeps the planner from taking the index of the sorts instead of that of the order.
    const check = { ...find, sql: `+${find.sql}` }
    return { found, total, find, check: all === undefined ? check : both(all, check) }
  }

  async #searched(search: string, sorts: readonly number[], total: number): Promise<Selection> {
    const part = partOf(search)
    const matching = hasPart(this.#db.dialect, 'room', part)
    const named = await this.#isFoundByIdAlone(search, part, sorts)
    const found = await countTexts(this.#db, 'room', part, sorts)
    const ids = named ? [search] : []
    const find = {
      sql: `room_id IN (SELECT key FROM room_texts WHERE ${matching.sql} AND kind = ANY(?)${named ? ' UNION ALL SELECT ?' : ''})`,
      params: [...matching.params, sorts, ...ids],
    }
    // One value each: no planner makes a join of it, for which it would read all texts.
    const met = contains('(SELECT t.text FROM room_texts t WHERE t.key = rooms.room_id)', part)
    const check = {
      sql: `(${met.sql}${named ? ' OR room_id = ?' : ''}) AND +sort = ANY(?)`,
      params: [...met.params, ...ids, sorts],
    }
    return { found: found + ids.length, total, find, check, sortCost: SEARCH_SORT_COST }
  }

  /** Whether this is the id of a room that passes, and is not found by its name as well. */
  async #isFoundByIdAlone(search: string, part: string, sorts: readonly number[]): Promise<boolean> {
    const row = await this.#db.get<{ text: string | null }>(
      `SELECT t.text FROM rooms LEFT JOIN room_texts t ON t.key = rooms.room_id
       WHERE rooms.room_id = ? AND rooms.sort = ANY(?)`,
      search,
      sorts,
    )
    return row !== undefined && row.text?.includes(part) !== true
  }

  async extras(roomId: string): Promise<RoomExtras> {
    const inside = await this.#db.get<{ n: number }>(
      'SELECT joined_count + invited_count AS n FROM rooms WHERE room_id = ?',
      roomId,
    )
    const tombstone = await this.#db.get(
      "SELECT 1 AS found FROM current_state WHERE room_id = ? AND type = 'm.room.tombstone' AND state_key = ''",
      roomId,
    )
    return {
      joinedLocalDevices: await joinedDevices(this.#db, roomId),
      forgotten: (inside?.n ?? 0) === 0 && !(await this.#isRemembered(roomId)),
      tombstoned: tombstone !== undefined,
    }
  }

  /** Whether a user of this server has not forgotten it. */
  async #isRemembered(roomId: string): Promise<boolean> {
    const remembering = await this.#db.get(
      `SELECT 1 AS found FROM room_members m JOIN users u ON u.name = m.user_id
       WHERE m.room_id = ? AND m.forgotten = 0 LIMIT 1`,
      roomId,
    )
    return remembering !== undefined
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

/** In the orders by what is filtered, those that pass stand together: the others are not walked past. */
function togetherIn(
  orderBy: RoomOrder,
  { published, empty }: RoomSortFilter,
): { sql: string; filter: RoomSortFilter } | undefined {
  if (orderBy === 'published' && published !== undefined)
    return { sql: `published = ${Number(published)}`, filter: { published } }
  if (orderBy === 'joined_count' && empty !== undefined)
    return { sql: `joined_count ${empty ? '<= 0' : '> 0'}`, filter: { empty } }
  return undefined
}

function orderOf({ orderBy, descending }: RoomListPage): ListOrder {
  return {
    column: orderBy,
    isDescending: descending,
    isNullable: NULLABLE.has(orderBy),
    isKeyDescending: descending,
  }
}
