import type { ReadHandle } from '../../db/types.ts'
import type { Condition } from './condition.ts'

/** The order of a list. Each has an index that holds the column, the key and what lists are filtered by. */
export interface ListOrder {
  column: string
  isDescending: boolean
  /** Nulls come before values when ascending. */
  isNullable: boolean
  /** Direction of the key, by which those go that are equal in the column. */
  isKeyDescending: boolean
}

/** A table that is listed, and its key. */
export interface ListTable {
  table: string
  key: string
}

/** The entries of a list that pass a filter. */
export interface Selection {
  /** How many they are. */
  found: number
  /** How many there are in all, those that do not pass among them. */
  total: number
  /** True of them alone: asked of each entry that is met while an index of an order is walked. Absent: all pass. */
  check?: Condition | undefined
  /** Finds them, in no order: few of them are sorted. Absent: they are always met on a walk. */
  find?: Condition | undefined
  /** To find an entry and sort it costs so many times what it costs to meet one on a walk. */
  sortCost?: number
}

export interface Page {
  from: number
  limit: number
}

/** An index alone is walked faster than rows are looked up. */
const SORT_COST = { sqlite: 20, postgres: 5 }

/**
 * The keys of a page. Of many the index of the order is walked, from whichever end is nearer: what is skipped is passed
 * in the index alone, and is never more than half of the list. Few among many are found and sorted.
 */
export async function listKeys<Key extends string | number>(
  db: ReadHandle,
  list: ListTable,
  order: ListOrder,
  selection: Selection,
  page: Page,
): Promise<Key[]> {
  const { skip, take, isReversed } = walkTo(page, selection.found)
  // Never more than there are: looking for another one would walk to the end.
  if (take === 0) return []
  const { find, check } = selection
  const condition = find !== undefined && isSorted(db, selection, skip + take) ? find : check
  const ordered = `ORDER BY ${orderClause(list, order, isReversed)} LIMIT ? OFFSET ?`
  const where = condition === undefined ? '' : `WHERE ${condition.sql}`
  const sql =
    condition !== undefined && condition === find
      ? sortedSql(list, order, where, ordered)
      : `SELECT ${list.key} AS k FROM ${list.table} ${where} ${ordered}`
  const rows = await db.all<{ k: Key }>(sql, ...(condition?.params ?? []), take, skip)
  const keys = rows.map((row) => row.k)
  return isReversed ? keys.reverse() : keys
}

/** Materialized, so that no planner walks the index of the order after all. */
function sortedSql({ table, key }: ListTable, { column }: ListOrder, where: string, ordered: string): string {
  const columns = column === key ? key : `${key}, ${column}`
  return `WITH found AS MATERIALIZED (SELECT ${columns} FROM ${table} ${where}) SELECT ${key} AS k FROM found ${ordered}`
}

/** Counted from the end that is nearer. */
function walkTo({ from, limit }: Page, found: number): { skip: number; take: number; isReversed: boolean } {
  const take = Math.max(0, Math.min(limit, found - from))
  const behind = found - from - take
  return behind < from ? { skip: behind, take, isReversed: true } : { skip: from, take, isReversed: false }
}

function isSorted(db: ReadHandle, { found, total, sortCost }: Selection, wanted: number): boolean {
  const walked = (wanted * total) / found
  return found * (sortCost ?? SORT_COST[db.dialect]) < walked
}

/** PostgreSQL looks for an index that places nulls as asked, even in a column that has none. */
export function orderClause({ key }: ListTable, order: ListOrder, isReversed = false): string {
  const isDescending = order.isDescending !== isReversed
  const nulls = order.isNullable ? (isDescending ? ' NULLS LAST' : ' NULLS FIRST') : ''
  const first = `${order.column}${isDescending ? ' DESC' : ''}${nulls}`
  if (order.column === key) return first
  return `${first}, ${key}${order.isKeyDescending === isReversed ? '' : ' DESC'}`
}

/** The rows of a page in the order of its keys; those that have gone meanwhile are left out. */
export function inOrder<Key, Row>(
  keys: readonly Key[],
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
): Row[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  return keys.flatMap((key) => byKey.get(key) ?? [])
}
