import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Dialect, ReadHandle } from '../../db/types.ts'
import type { Condition } from '../lists/condition.ts'
import { isSameMoment, type Moment, momentColumns, type Population } from './groups.ts'
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
  /** Where the first and the last of them stand; `undefined` when there are none. */
  first: Place | undefined
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
const INDEXED = { sqlite: 'id, name, admin', postgres: 'name, admin' } as const
/**
 * PostgreSQL plans a statement anew each time when it may be asked for a tenth of all accounts, as it believes of any `LIMIT ?`.
 * That takes longer than to read a page. Within a limit that it knows, a tenth is a page.
 */
const MOST = 1_000

interface IdsRow extends Moment {
  ids: string | null
  least: Place['value']
  most: Place['value']
}

/** Reads the ids of a page, and sees whether all are of the moment of the population. */
export class PageIds {
  readonly list: AccountList
  readonly #db: ReadHandle
  readonly #population: Population
  #statements = 0
  #isOfMoment = true

  constructor(db: ReadHandle, population: Population, list: AccountList) {
    this.list = list
    this.#db = db
    this.#population = population
  }

  /** False also when nothing was read that tells. */
  get isOfMoment(): boolean {
    return this.#isOfMoment && this.#statements > 0
  }

  async read(wanted: WantedIds): Promise<PieceOfIds> {
    const piece = await readIds(this.#db, this.list, this.#population, wanted)
    this.#statements++
    if (!isSameMoment(piece, this.#population)) this.#isOfMoment = false
    return piece
  }

  get dialect(): Dialect {
    return this.#db.dialect
  }

  /** The same of rows that a condition finds, which are sorted. `rows` is how the statement goes on after `FROM`, up to the condition. */
  readSorted(rows: string, { sql, params }: Condition, skip: number, take: number): Promise<PieceOfIds> {
    const { column } = this.list
    const columns = `${INDEXED[this.#db.dialect]}${column === 'name' ? '' : `, ${column}`}`
    // Materialized, so that no planner walks the index of the order after all.
    const among = `(WITH found AS MATERIALIZED (SELECT ${columns} FROM ${rows} ${sql}) SELECT * FROM found) AS few`
    return this.read({ sql: '1 = 1', params, among, skip, take })
  }
}

/**
 * A piece of a list that the index of its order tells alone: no row is read. The ids come as one text, which takes a third of
 * what rows do.
 */
async function readIds(
  db: ReadHandle,
  list: AccountList,
  moment: Moment,
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
    `SELECT ${momentColumns(db.dialect, moment)}, page.* FROM (
       SELECT CAST(${array}(${ENTRY[db.dialect]}) AS TEXT) AS ids${endValues(list)}
       FROM (${page}) AS found) AS page`,
    ...params,
    ...(isBound ? [take] : [take, skip]),
  ))!
  const ids = (JSON.parse(row.ids ?? '[]') as string[]).map(toListedId)
  const { position, moved, administrators, least, most } = row
  const placeOf = (id: ListedId | undefined, value: Place['value']): Place | undefined =>
    id && { value: list.column === 'name' ? id.userId : value, name: id.userId }
  return {
    ids,
    position,
    moved,
    administrators,
    first: placeOf(ids[0], list.dir === 'f' ? least : most),
    last: placeOf(ids.at(-1), list.dir === 'f' ? most : least),
  }
}

/** Nulls are the least of all. */
function endValues({ column }: AccountList): string {
  if (column === 'name') return ''
  return `, CASE COUNT(*) WHEN COUNT(${column}) THEN MIN(${column}) END AS least, MAX(${column}) AS most`
}

function toListedId(text: string): ListedId {
  const begin = text.indexOf('@')
  const admin = begin > 0 && text[begin - 1] === ADMIN_MARK
  const id = Number.parseInt(text, 10) || 0
  return { userId: text.slice(begin) as UserId, admin, id } // was parsed before it was written
}
