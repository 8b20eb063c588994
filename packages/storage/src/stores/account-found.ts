import { setImmediate } from 'node:timers/promises'
import type { ReadHandle, SqlValue } from '../db/types.ts'
import { kindCondition } from './account-filter.ts'
import type { FoundMemo } from './account-found-memo.ts'
import { type AccountGroup, allOf, groupsOf, type Population } from './account-groups.ts'
import type { AccountPage } from './account-list.ts'
import { accountList, isListed, orderClause } from './account-orders.ts'
import type { Condition, FoundAccounts } from './account-search.ts'

/** Up to so many accounts are looked up and sorted. */
const MAX_SORTED = 10_000
/** SQLite answers in our thread: between so many accounts others get their turn. */
const SLICE = 4_096

/** A text search among the accounts that pass a filter. */
export interface Search {
  found: FoundAccounts
  population: Population
  /** `undefined` within a transaction. */
  memo: FoundMemo | undefined
}

/**
 * A page of what a text search finds. Few accounts are sorted; many are soon met on a walk through the order, which
 * takes the longer the further the page is from the beginning.
 */
export async function listFound(db: ReadHandle, search: Search, page: AccountPage): Promise<number[]> {
  const all = allOf(search.population)
  if ((await countGroup(db, search, all)) <= MAX_SORTED) return sort(db, await collect(db, search, all), page)
  const ids: number[] = []
  let from = page.from
  for (const group of groupsOf(search.population, page.orderBy, page.dir)) {
    const missing = page.limit - ids.length
    if (missing <= 0) break
    const passed = ids.length
    ids.push(...(await listGroup(db, search, group, { ...page, from, limit: missing })))
    if (ids.length > passed) from = 0
    else if (from > 0) from = Math.max(0, from - (await countGroup(db, search, group)))
  }
  return ids
}

export function countFound(db: ReadHandle, search: Search): Promise<number> {
  return countGroup(db, search, allOf(search.population))
}

async function listGroup(
  db: ReadHandle,
  search: Search,
  group: AccountGroup,
  page: AccountPage,
): Promise<number[]> {
  if (group.accounts <= MAX_SORTED) return sort(db, await collect(db, search, group), page)
  const list = isListed(page.orderBy) ? accountList(page.orderBy, page.dir) : accountList('name', 'f')
  const condition = both(kindCondition(group), search.found.check)
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

/** How many accounts of a group are found. */
function countGroup(db: ReadHandle, search: Search, group: AccountGroup): Promise<number> {
  const { found, population } = search
  return remembered(db, search, 'count', group, async () => {
    if (group.accounts <= MAX_SORTED) return (await collect(db, search, group)).length
    if (found.isExact) {
      const sql = 'SELECT COUNT(*) AS n FROM users_search WHERE users_search MATCH ?'
      const inAllGroups = (await db.get<{ n: number }>(sql, found.match!))!.n
      const others = othersOf(population, group)
      // Either those found are looked at, or those of other groups, whichever are fewer.
      if (inAllGroups <= Math.min(MAX_SORTED, others?.accounts ?? MAX_SORTED))
        return inAllGroups === 0 ? 0 : (await collect(db, search, group)).length
      if (others !== undefined && others.accounts <= MAX_SORTED)
        return inAllGroups - (await collect(db, search, others)).length
    }
    const condition = both(kindCondition(group), found.check)
    if (db.dialect === 'postgres') {
      const sql = `SELECT COUNT(*) AS n FROM users WHERE ${condition.sql}`
      return (await db.get<{ n: number }>(sql, ...condition.params))!.n
    }
    let count = 0
    for await (const hits of slices<number>(db, found, condition, 'COUNT(CASE WHEN hit THEN 1 END)'))
      count += hits
    return count
  })
}

/** The accounts that are not in the group; `undefined` when that is no matter of kinds alone. */
function othersOf(population: Population, group: AccountGroup): AccountGroup | undefined {
  if (group.admins !== undefined) return undefined
  const kinds = population.allKinds.filter((kind) => !group.kinds.includes(kind.id))
  return {
    kinds: kinds.map((kind) => kind.id),
    admins: undefined,
    accounts: kinds.reduce((sum, kind) => sum + kind.accounts, 0),
  }
}

/** The ids of all accounts of a group that are found. They, or the accounts of the group, must be few. */
function collect(db: ReadHandle, search: Search, group: AccountGroup): Promise<number[]> {
  const { found } = search
  return remembered(db, search, 'ids', group, async () => {
    const condition = both(kindCondition(group), found.check)
    if (group.accounts === 0) return []
    if (group.accounts <= MAX_SORTED || db.dialect === 'postgres') {
      // Without `+` the index of the kinds (or of the administrators) may be used: it finds less than the text.
      const { sql } = group.accounts <= MAX_SORTED ? both(kindCondition(group, ''), found.check) : condition
      const rows = await db.all<{ id: number }>(`SELECT id FROM users WHERE ${sql}`, ...condition.params)
      return rows.map((row) => row.id)
    }
    const ids: number[] = []
    const aggregate = 'json_group_array(id) FILTER (WHERE hit)'
    for await (const hits of slices<string>(db, found, condition, aggregate))
      for (const id of JSON.parse(hits) as number[]) ids.push(id)
    return ids
  })
}

function remembered<Value>(
  db: ReadHandle,
  { found, memo }: Search,
  what: 'count' | 'ids',
  group: AccountGroup,
  compute: () => Promise<Value>,
): Promise<Value> {
  // Who is an administrator may change by hand, and nobody hears of it.
  if (memo === undefined || group.admins !== undefined) return compute()
  return memo.get(db, JSON.stringify([what, found, group.kinds]), compute)
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
