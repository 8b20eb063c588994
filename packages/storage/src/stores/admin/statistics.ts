import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Condition } from '../lists/condition.ts'
import { contains } from '../lists/condition.ts'
import { inOrder, type ListOrder, listKeys, orderClause, type Page, type Selection } from '../lists/pages.ts'
import { partOf } from '../lists/search-text.ts'
import { countTexts, hasPart } from '../lists/texts.ts'
import { countListed } from '../lists/totals.ts'

/** What a user has uploaded. */
export interface MediaStatistics {
  userId: UserId
  displayName: string | null
  files: number
  bytes: number
}

export const MEDIA_STATISTICS_ORDERS = ['user_id', 'displayname', 'media_count', 'media_length'] as const

export interface MediaStatisticsPage extends Page {
  orderBy: (typeof MEDIA_STATISTICS_ORDERS)[number]
  /** Direction of `orderBy`; users that are equal in it always go by ascending id. */
  dir: 'f' | 'b'
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

  /**
   * Users who have uploaded something. Their sums are kept; with times the files of that time are added up, read from an
   * index alone.
   */
  async mediaByUser(page: MediaStatisticsPage): Promise<{ users: MediaStatistics[]; total: number }> {
    const time = await this.#timeOf(page)
    return time === undefined ? this.#listSums(page) : this.#addUp(page, time)
  }

  async #listSums(page: MediaStatisticsPage): Promise<{ users: MediaStatistics[]; total: number }> {
    const selection = await this.#select(page.search)
    const ids = await listKeys<UserId>(this.#db, UPLOADERS, orderOf(page), selection, page)
    const rows = await this.#db.all<StatisticsRow>(
      `SELECT user_id, displayname, files AS media_count, bytes AS media_length FROM user_media_totals
       WHERE user_id = ANY(?)`,
      ids,
    )
    return { users: inOrder(ids, rows, (row) => row.user_id).map(toStatistics), total: selection.found }
  }

  async #select(search: string | undefined): Promise<Selection> {
    const total = await countListed(this.#db, 'uploaders')
    if (search === undefined) return { found: total, total }
    const part = partOf(search)
    const find = this.#searched(part)
    // One value each: no planner makes a join of it, for which it would read all texts.
    const check = contains(
      '(SELECT t.text FROM uploader_texts t WHERE t.key = user_media_totals.user_id)',
      part,
    )
    return {
      found: await countTexts(this.#db, 'uploader', part),
      total,
      find,
      check,
      sortCost: SEARCH_SORT_COST,
    }
  }

  #searched(part: string): Condition {
    const { sql, params } = hasPart(this.#db.dialect, 'uploader', part)
    return { sql: `user_id IN (SELECT key FROM uploader_texts WHERE ${sql})`, params }
  }

  /** `undefined` when every file is of the time: then the sums are known. */
  async #timeOf({ fromTs, untilTs }: MediaStatisticsPage): Promise<readonly [number, number] | undefined> {
    if (fromTs === undefined && untilTs === undefined) return undefined
    const ends = await this.#db.get<{ oldest: number | null; newest: number | null }>(
      `SELECT (SELECT MIN(created_ts) FROM local_media) AS oldest, (SELECT MAX(created_ts) FROM local_media) AS newest`,
    )
    const { oldest, newest } = ends!
    if (oldest === null || newest === null) return undefined
    const time = [fromTs ?? oldest, untilTs ?? newest] as const
    return time[0] <= oldest && time[1] >= newest ? undefined : time
  }

  /** Costs what there are files of that time. */
  async #addUp(
    page: MediaStatisticsPage,
    time: readonly [number, number],
  ): Promise<{ users: MediaStatistics[]; total: number }> {
    const search = page.search === undefined ? undefined : this.#searched(partOf(page.search))
    // SQLite would look into an index of each user for the time, however many users there are.
    const byTime = this.#db.dialect === 'sqlite' ? 'INDEXED BY local_media_by_time' : ''
    const sql = `SELECT user_id, COUNT(*) AS files, CAST(SUM(media_length) AS BIGINT) AS bytes FROM local_media ${byTime}
      WHERE created_ts >= ? AND created_ts <= ? ${search === undefined ? '' : `AND ${search.sql}`} GROUP BY user_id`
    const params = [...time, ...(search?.params ?? [])]
    const rows = await this.#db.all<StatisticsRow & { total: number }>(
      `WITH own AS MATERIALIZED (${sql})
       SELECT own.user_id, t.displayname, own.files AS media_count, own.bytes AS media_length, all_of.total
       FROM (SELECT COUNT(*) AS total FROM own) AS all_of LEFT JOIN own ON true
         LEFT JOIN user_media_totals t ON t.user_id = own.user_id
       ORDER BY ${orderClause({ ...UPLOADERS, key: 'own.user_id' }, orderOf(page, 'own.', 't.'))} LIMIT ? OFFSET ?`,
      ...params,
      page.limit,
      page.from,
    )
    const total =
      rows[0]?.total ??
      (await this.#db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM (${sql}) AS own`, ...params))!.n
    return { users: total === 0 ? [] : rows.map(toStatistics), total }
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

const UPLOADERS = { table: 'user_media_totals', key: 'user_id' }
const SUM_COLUMNS = { media_count: 'files', media_length: 'bytes' } as const
/** What is asked of a user met on a walk is a look into another table, about half of finding and sorting them. */
const SEARCH_SORT_COST = 2

/** The columns may be of several tables: what is added up, and the display name. */
function orderOf({ orderBy, dir }: MediaStatisticsPage, own = '', named = ''): ListOrder {
  const isNamed = orderBy === 'displayname'
  const column = orderBy === 'media_count' || orderBy === 'media_length' ? SUM_COLUMNS[orderBy] : orderBy
  return {
    column: `${isNamed ? named : own}${column}`,
    isDescending: dir === 'b',
    isNullable: isNamed,
    isKeyDescending: false,
  }
}

const toStatistics = (row: StatisticsRow): MediaStatistics => ({
  userId: row.user_id,
  displayName: row.displayname,
  files: row.media_count,
  bytes: row.media_length,
})
