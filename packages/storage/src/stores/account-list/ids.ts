import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Condition } from '../lists/condition.ts'
import { MOMENT, type Moment } from './groups.ts'
import { type AccountList, orderClause, type Place } from './orders.ts'

/** An account on a page, as far as the index of an order knows it. */
export interface ListedId {
  userId: UserId
  admin: boolean
  /** By which its row is found; 0 where the index does not have it: on PostgreSQL. */
  id: number
}

/** What one statement has found, and when. */
export interface PieceOfIds extends Moment {
  ids: ListedId[]
  /** Where the last of them stands; `undefined` when there are none. */
  last: Place | undefined
}

/** Which accounts a statement is to find. */
export interface WantedIds extends Condition {
  /** Rows to sort, when the index of the order is not walked. */
  among?: string
  skip: number
  take: number
}

/** Before the user id of an administrator; all of them begin with `@`. */
const ADMIN_MARK = '!'
/** What tells of an account. SQLite has the id in each index; that of the names, another one, need not be looked into then. */
const ENTRY = {
  sqlite: `id || CASE admin WHEN 1 THEN '${ADMIN_MARK}' ELSE '' END || name`,
  postgres: `CASE admin WHEN 1 THEN '${ADMIN_MARK}' || name ELSE name END`,
} as const
/** What every index of an order has. */
export const INDEXED = { sqlite: 'id, name, admin', postgres: 'name, admin' } as const
/**
 * PostgreSQL plans a statement anew each time when it may be asked for a tenth of all accounts, as it believes of any `LIMIT ?`.
 * That takes longer than to read a page. Within a limit that it knows, a tenth is a page.
 */
const MOST = 1_000

interface IdsRow extends Moment {
  ids: string | null
  last: Place['value']
}

/**
 * A piece of a list that the index of its order tells alone: no row is read. The ids come as one text, which takes a third of
 * what rows do.
 */
export async function readIds(
  db: ReadHandle,
  list: AccountList,
  { sql, params, among, skip, take }: WantedIds,
): Promise<PieceOfIds> {
  const column = list.column === 'name' ? '' : `, ${list.column}`
  const found = `SELECT ${INDEXED[db.dialect]}${column} FROM ${among ?? 'users'} WHERE ${sql} ORDER BY ${orderClause(list)}`
  const isBound = among === undefined && skip === 0 && take <= MOST
  const page = isBound
    ? `SELECT * FROM (${found} LIMIT ${MOST}) AS first LIMIT ?`
    : `${found} LIMIT ? OFFSET ?`
  const array = db.dialect === 'sqlite' ? 'json_group_array' : 'json_agg'
  const row = (await db.get<IdsRow>(
    `SELECT ${MOMENT}, page.ids, page.last FROM (
       SELECT CAST(${array}(${ENTRY[db.dialect]}) AS TEXT) AS ids,
         ${lastValue(list)} AS last
       FROM (${page}) AS found) AS page`,
    ...params,
    ...(isBound ? [take] : [take, skip]),
  ))!
  const ids = (JSON.parse(row.ids ?? '[]') as string[]).map(toListedId)
  const name = ids.at(-1)?.userId
  const { position, moved } = row
  return { ids, position, moved, last: name && { value: list.column === 'name' ? name : row.last, name } }
}

/** Nulls are the least of all. */
function lastValue({ column, dir }: AccountList): string {
  if (column === 'name') return 'NULL'
  return dir === 'f' ? `MAX(${column})` : `CASE COUNT(*) WHEN COUNT(${column}) THEN MIN(${column}) END`
}

function toListedId(text: string): ListedId {
  const begin = text.indexOf('@')
  const admin = begin > 0 && text[begin - 1] === ADMIN_MARK
  const id = Number.parseInt(text, 10) || 0
  return { userId: text.slice(begin) as UserId, admin, id } // was parsed before it was written
}
