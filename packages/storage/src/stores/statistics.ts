import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, SqlValue } from '../db/types.ts'

/** What a user has uploaded. */
export interface MediaStatistics {
  userId: UserId
  displayName: string | null
  files: number
  bytes: number
}

export const MEDIA_STATISTICS_ORDERS = ['user_id', 'displayname', 'media_count', 'media_length'] as const

export interface MediaStatisticsPage {
  orderBy: (typeof MEDIA_STATISTICS_ORDERS)[number]
  /** Direction of `orderBy`; users that are equal in it always go by ascending id. */
  dir: 'f' | 'b'
  from: number
  limit: number
  /** Only files uploaded between these times, both inclusive, ms since epoch. */
  fromTs: number | undefined
  untilTs: number | undefined
  /** Part of the localpart or the display name, in any letter case. */
  search: string | undefined
}

export interface RoomSize {
  roomId: RoomId
  bytes: number
}

interface StatisticsRow {
  user_id: UserId
  displayname: string | null
  media_count: number
  media_length: number
}

export class StatisticsReader {
  readonly #db: ReadHandle
  constructor(db: ReadHandle) {
    this.#db = db
  }

  /** Users who have uploaded something. With times the files are counted, without them the sums are known. */
  async mediaByUser(page: MediaStatisticsPage): Promise<{ users: MediaStatistics[]; total: number }> {
    const { sql, params } = statisticsOf(page)
    const count = await this.#db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM (${sql}) AS s`, ...params)
    const rows = await this.#db.all<StatisticsRow>(
      `${sql} ORDER BY ${orderOf(page)} LIMIT ? OFFSET ?`,
      ...params,
      page.limit,
      page.from,
    )
    const users = rows.map((row) => ({
      userId: row.user_id,
      displayName: row.displayname,
      files: row.media_count,
      bytes: row.media_length,
    }))
    return { users, total: count?.n ?? 0 }
  }

  /**
   * The rooms that take most space, the largest first: their part of the space all events take, by number of events.
   * `undefined` where the database does not tell the size of a table (SQLite).
   */
  async largestRooms(limit: number): Promise<RoomSize[] | undefined> {
    if (this.#db.dialect !== 'postgres') return undefined
    const rows = await this.#db.all<{ room_id: RoomId; bytes: number }>(
      `SELECT room_id, CAST(event_count * (
           SELECT pg_total_relation_size('events') / CAST(GREATEST(SUM(event_count), 1) AS DOUBLE PRECISION) FROM rooms
         ) AS BIGINT) AS bytes
       FROM rooms ORDER BY event_count DESC, room_id LIMIT ?`,
      limit,
    )
    return rows.map(({ room_id: roomId, bytes }) => ({ roomId, bytes }))
  }
}

function statisticsOf({ fromTs, untilTs, search }: MediaStatisticsPage): { sql: string; params: SqlValue[] } {
  const params: SqlValue[] = []
  const conditions: string[] = []
  const isTimed = fromTs !== undefined || untilTs !== undefined
  if (fromTs !== undefined) {
    conditions.push('m.created_ts >= ?')
    params.push(fromTs)
  }
  if (untilTs !== undefined) {
    conditions.push('m.created_ts <= ?')
    params.push(untilTs)
  }
  if (!isTimed) conditions.push('m.files > 0')
  if (search !== undefined) {
    conditions.push(
      `(LOWER(m.user_id) LIKE ? ESCAPE '\\' OR LOWER(COALESCE(u.displayname, '')) LIKE ? ESCAPE '\\')`,
    )
    const part = search.toLowerCase().replace(/[\\%_]/g, '\\$&')
    params.push(`@%${part}%:%`, `%${part}%`)
  }
  const where = conditions.join(' AND ')
  const sql = isTimed
    ? `SELECT m.user_id, u.displayname, COUNT(*) AS media_count, CAST(SUM(m.media_length) AS BIGINT) AS media_length
       FROM local_media m LEFT JOIN users u ON u.name = m.user_id WHERE ${where} GROUP BY m.user_id, u.displayname`
    : `SELECT m.user_id, u.displayname, m.files AS media_count, m.bytes AS media_length
       FROM user_media_totals m LEFT JOIN users u ON u.name = m.user_id WHERE ${where}`
  return { sql, params }
}

function orderOf({ orderBy, dir }: MediaStatisticsPage): string {
  if (orderBy === 'user_id') return dir === 'f' ? 'user_id' : 'user_id DESC'
  return dir === 'f' ? `${orderBy} ASC NULLS FIRST, user_id` : `${orderBy} DESC NULLS LAST, user_id`
}
