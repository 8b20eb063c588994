import { setImmediate } from 'node:timers/promises'
import type { Dialect, ReadHandle, SqlValue } from '../db/types.ts'
import { kindCheck, kindCondition } from './account-filter.ts'
import type { AccountGroup } from './account-groups.ts'
import { type AccountList, orderClause } from './account-orders.ts'
import { findByPart, isLookedUp } from './account-parts.ts'
import { both, type Condition, type FoundAccounts } from './account-search.ts'
import { queryFor } from './account-search-index.ts'

/** SQLite answers in our thread: between so many accounts others get their turn. */
const SLICE = 4_096

/** The ids of all accounts that are found, ascending; `undefined` when there are more than `max`. */
export async function collectFound(
  db: ReadHandle,
  found: FoundAccounts,
  max: number,
): Promise<number[] | undefined> {
  let ids: number[] = []
  if (found.isExact && db.dialect === 'sqlite') {
    const sql = `SELECT json_group_array(id) AS ids FROM (SELECT rowid AS id FROM users_search WHERE users_search MATCH ?
      ORDER BY rowid LIMIT ?)`
    const row = await db.get<{ ids: string }>(sql, queryFor(found.part), max + 1)
    ids = JSON.parse(row!.ids) as number[]
  } else if (found.isExact && isLookedUp(found.part)) {
    ids = await findByPart(db, found.part)
  } else {
    for await (const hits of slices(db, found, found.check)) {
      ids.push(...hits)
      if (ids.length > max) return undefined
    }
  }
  return ids.length > max ? undefined : ids
}

/** How many accounts of a group are found, each one looked at. */
export async function countChecked(
  db: ReadHandle,
  found: FoundAccounts,
  group: AccountGroup,
): Promise<number> {
  if (group.accounts === 0) return 0
  if (group.accounts <= SLICE || group.admins === true) {
    const { sql, params } = both(kindCondition(group), found.check)
    return (await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM users WHERE ${sql}`, ...params))!.n
  }
  let count = 0
  for await (const hits of slices(db, found, both(kindCheck(db.dialect, group), found.check)))
    count += hits.length
  return count
}

/** How many of `ids` are accounts of the kinds of a group, which are passed in an index that holds the id. */
export async function countAmong(
  db: ReadHandle,
  ids: readonly number[],
  { kinds }: AccountGroup,
): Promise<number> {
  const sql = 'SELECT COUNT(*) AS n FROM users WHERE kind = ANY(?) AND +id = ANY(?)'
  return (await db.get<{ n: number }>(sql, kinds, ids))!.n
}

/** The same, each account looked up by its id. */
export async function countById(
  db: ReadHandle,
  ids: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const { sql, params } = kindCheck(db.dialect, group)
  const { from, ids: bound } = byId(db.dialect, ids)
  return (await db.get<{ n: number }>(`SELECT COUNT(*) AS n ${from} AND ${sql}`, bound, ...params))!.n
}

/** Reads accounts by their ids, and in no other way. */
export function byId(dialect: Dialect, ids: readonly number[]): { from: string; ids: SqlValue } {
  if (dialect === 'postgres') return { from: 'FROM users WHERE id = ANY(?)', ids }
  // SQLite keeps to the order of a CROSS JOIN.
  const from = 'FROM json_each(?) AS found CROSS JOIN users ON users.id = found.value WHERE 1 = 1'
  return { from, ids: JSON.stringify(ids) }
}

/** Some of these accounts, sorted: those of a page among the ones that pass. */
export async function sortById(
  db: ReadHandle,
  list: AccountList,
  ids: readonly number[],
  isOfGroup: Condition,
  { from, limit }: { from: number; limit: number },
): Promise<number[]> {
  const column = list.column === 'name' ? '' : `, users.${list.column}`
  const { from: rows, ids: bound } = byId(db.dialect, ids)
  const found = `SELECT users.id, users.name${column} ${rows} AND ${isOfGroup.sql}`
  const order = `ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  // PostgreSQL: materialized, so that no planner walks the index of the order after all.
  const sql =
    db.dialect === 'sqlite'
      ? `${found} ${order}`
      : `WITH found AS MATERIALIZED (${found}) SELECT id FROM found ${order}`
  const sorted = await db.all<{ id: number }>(sql, bound, ...isOfGroup.params, limit, from)
  return sorted.map(({ id }) => id)
}

/** Passes all that may be found, slice after slice; the ids of those of whom the condition is true. */
async function* slices(
  db: ReadHandle,
  { part }: FoundAccounts,
  { sql: isFound, params }: Condition,
): AsyncGenerator<number[]> {
  if (db.dialect === 'postgres') {
    const ids = await findByPart(db, part)
    for (let i = 0; i < ids.length; i += SLICE) {
      const slice = ids.slice(i, i + SLICE)
      const sql = `SELECT id FROM users WHERE id = ANY(?) AND ${isFound}`
      yield (await db.all<{ id: number }>(sql, slice, ...params)).map(({ id }) => id)
    }
    return
  }
  const sql = `SELECT COUNT(*) AS seen, MAX(id) AS last, json_group_array(id) FILTER (WHERE hit) AS hits FROM (
    SELECT id, ${isFound} AS hit FROM (
      SELECT rowid AS at FROM users_search WHERE users_search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?)
    CROSS JOIN users ON id = at)`
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const row = (await db.get<{ seen: number; last: number; hits: string }>(
      sql,
      ...params,
      queryFor(part),
      last,
      SLICE,
    ))!
    if (row.seen > 0) yield JSON.parse(row.hits) as number[]
    if (row.seen < SLICE) return
    last = row.last
    await setImmediate()
  }
}
