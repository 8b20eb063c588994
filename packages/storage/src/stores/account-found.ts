import { setImmediate } from 'node:timers/promises'
import type { ReadHandle, SqlValue } from '../db/types.ts'
import { kindCondition } from './account-filter.ts'
import { type AccountGroup, allOf, groupsOf, type Population } from './account-groups.ts'
import type { AccountPage } from './account-list.ts'
import { accountList, isListed, orderClause } from './account-orders.ts'
import type { Condition, FoundAccounts } from './account-search.ts'

/** Up to so many accounts are looked up and sorted. */
const MAX_SORTED = 10_000
/** SQLite answers in our thread: between so many accounts others get their turn. */
const SLICE = 8_192

/**
 * A page of what a text search finds. Few accounts are sorted; many are soon met on a walk through the order, which
 * takes the longer the further the page is from the beginning.
 */
export async function listFound(
  db: ReadHandle,
  found: FoundAccounts,
  population: Population,
  page: AccountPage,
): Promise<number[]> {
  const few = await collect(db, found, allOf(population))
  if (few !== undefined) return sort(db, few, page)
  const ids: number[] = []
  let from = page.from
  for (const group of groupsOf(population, page.orderBy, page.dir)) {
    const missing = page.limit - ids.length
    if (missing <= 0) break
    const passed = ids.length
    ids.push(...(await listGroup(db, found, group, { ...page, from, limit: missing })))
    if (ids.length > passed) from = 0
    else if (from > 0) from = Math.max(0, from - (await countGroup(db, found, group)))
  }
  return ids
}

export function countFound(db: ReadHandle, found: FoundAccounts, population: Population): Promise<number> {
  return countGroup(db, found, allOf(population))
}

async function listGroup(
  db: ReadHandle,
  found: FoundAccounts,
  group: AccountGroup,
  page: AccountPage,
): Promise<number[]> {
  if (group.accounts <= MAX_SORTED) {
    const few = await collect(db, found, group)
    if (few !== undefined) return sort(db, few, page)
  }
  const list = isListed(page.orderBy) ? accountList(page.orderBy, page.dir) : accountList('name', 'f')
  const condition = both(kindCondition(group), found.check)
  const rows = await db.all<{ id: number }>(
    `SELECT id FROM users WHERE ${condition.sql} ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`,
    ...condition.params,
    page.limit,
    page.from,
  )
  return rows.map((row) => row.id)
}

async function sort(db: ReadHandle, ids: readonly number[], page: AccountPage): Promise<number[]> {
  if (page.from >= ids.length) return []
  const { orderBy, dir } = page
  const column = orderBy === 'name' ? '' : `, ${orderBy}`
  const order = isListed(orderBy)
    ? orderClause(accountList(orderBy, dir))
    : `${orderBy} ${dir === 'f' ? 'ASC NULLS FIRST' : 'DESC NULLS LAST'}, name`
  const rows = await db.all<{ id: number }>(
    `WITH found AS MATERIALIZED (SELECT id, name${column} FROM users WHERE id = ANY(?))
     SELECT id FROM found ORDER BY ${order} LIMIT ? OFFSET ?`,
    ids,
    page.limit,
    page.from,
  )
  return rows.map((row) => row.id)
}

async function countGroup(db: ReadHandle, found: FoundAccounts, group: AccountGroup): Promise<number> {
  const condition = both(kindCondition(group), found.check)
  if (db.dialect === 'postgres') {
    const sql = `SELECT COUNT(*) AS n FROM users WHERE ${condition.sql}`
    return (await db.get<{ n: number }>(sql, ...condition.params))!.n
  }
  let count = 0
  for await (const hits of slices<number>(db, found, condition, 'COUNT(CASE WHEN hit THEN 1 END)'))
    count += hits
  return count
}

/** The ids of all that are found in a group, unless they are more than can be sorted. */
async function collect(
  db: ReadHandle,
  found: FoundAccounts,
  group: AccountGroup,
): Promise<number[] | undefined> {
  const condition = both(kindCondition(group), found.check)
  if (group.accounts <= MAX_SORTED) {
    // The index of the kinds (or of the administrators) finds fewer candidates than the text may.
    const sql = `SELECT id FROM users WHERE ${condition.sql.replaceAll('+', '')}`
    return (await db.all<{ id: number }>(sql, ...condition.params)).map((row) => row.id)
  }
  if (db.dialect === 'postgres') {
    const sql = `SELECT id FROM users WHERE ${condition.sql} LIMIT ?`
    const rows = await db.all<{ id: number }>(sql, ...condition.params, MAX_SORTED + 1)
    return rows.length > MAX_SORTED ? undefined : rows.map((row) => row.id)
  }
  const ids: number[] = []
  for await (const hits of slices<string>(db, found, condition, 'json_group_array(id) FILTER (WHERE hit)')) {
    ids.push(...(JSON.parse(hits) as number[]))
    if (ids.length > MAX_SORTED) return undefined
  }
  return ids
}

/** SQLite: reads all candidates, slice after slice; what `aggregate` makes of each. */
async function* slices<Value extends SqlValue>(
  db: ReadHandle,
  { match }: FoundAccounts,
  condition: Condition,
  aggregate: string,
): AsyncGenerator<Value> {
  const columns = 'id, name, search_text, kind, admin'
  const candidates =
    match === undefined
      ? `SELECT ${columns} FROM users WHERE id > ? ORDER BY id LIMIT ?`
      : `SELECT ${columns} FROM (SELECT rowid AS at FROM users_search
         WHERE users_search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?) CROSS JOIN users ON id = at`
  const sql = `SELECT COUNT(*) AS seen, MAX(id) AS last, ${aggregate} AS value
    FROM (SELECT id, ${condition.sql} AS hit FROM (${candidates}))`
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const params = [...condition.params, ...(match === undefined ? [] : [match]), last, SLICE]
    const row = (await db.get<{ seen: number; last: number; value: Value }>(sql, ...params))!
    if (row.seen > 0) yield row.value
    if (row.seen < SLICE) return
    last = row.last
    await setImmediate()
  }
}

function both(a: Condition, b: Condition): Condition {
  return { sql: `${a.sql} AND ${b.sql}`, params: [...a.params, ...b.params] }
}
