import { setImmediate } from 'node:timers/promises'
import type { Dialect, ReadHandle, SqlValue } from '../db/types.ts'
import { kindCheck, kindCondition } from './account-filter.ts'
import type { AccountGroup } from './account-groups.ts'
import { type AccountList, orderClause } from './account-orders.ts'
import { findByPart, isLookedUp } from './account-part-search.ts'
import { both, type Condition, type FoundAccounts } from './account-search.ts'

/** Between so many accounts others get their turn. */
const SLICE = 4_096

/** The ids of all accounts that are found, ascending. */
export async function collectFound(
  db: ReadHandle,
  { part, names, check }: FoundAccounts,
): Promise<readonly number[]> {
  const ids = await findByPart(db, part, names)
  if (isLookedUp(part)) return ids
  const found: number[] = []
  for (let i = 0; i < ids.length; i += SLICE) {
    const { from, ids: bound } = byId(db.dialect, ids.slice(i, i + SLICE))
    const sql = `SELECT users.id ${from} AND ${check.sql}`
    for (const { id } of await db.all<{ id: number }>(sql, bound, ...check.params)) found.push(id)
    await setImmediate()
  }
  return found
}

/** How many administrators of these kinds are found, each one looked at. */
export async function countAdmins(
  db: ReadHandle,
  found: FoundAccounts,
  { kinds }: AccountGroup,
): Promise<number> {
  const { sql, params } = both(kindCondition({ kinds, isEveryKind: false, admins: true }), found.check)
  return (await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM users WHERE ${sql}`, ...params))!.n
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
function byId(dialect: Dialect, ids: readonly number[]): { from: string; ids: SqlValue } {
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

/** The same of few, where all pass: the accounts themselves. */
export async function readSorted<Row>(
  db: ReadHandle,
  list: AccountList,
  columns: string,
  ids: readonly number[],
  { from, limit }: { from: number; limit: number },
): Promise<Row[]> {
  const { from: rows, ids: bound } = byId(db.dialect, ids)
  const found = `SELECT ${columns} ${rows}`
  const order = `ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  const sql =
    db.dialect === 'sqlite'
      ? `${found} ${order}`
      : `WITH found AS MATERIALIZED (${found}) SELECT * FROM found ${order}`
  return db.all<Row>(sql, bound, limit, from)
}
