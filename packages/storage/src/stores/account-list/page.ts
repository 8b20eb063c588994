import type { Dialect, ReadHandle, SqlValue } from '../../db/types.ts'
import { type AccountSummary, SUMMARY_COLUMNS, type SummaryRow, toSummary } from '../accounts/types.ts'
import type { Condition } from '../lists/condition.ts'
import type { ListedId } from './ids.ts'
import { type AccountList, orderClause } from './orders.ts'

/** A part of what a query finds. */
export interface Slice {
  from: number
  limit: number
}

/**
 * The accounts whose ids a query gives, in the order of a list. One statement finds and reads them: on PostgreSQL each one
 * costs the server's process more than twenty accounts do.
 */
export async function readPage(
  db: ReadHandle,
  list: AccountList,
  { sql, params }: Condition,
): Promise<AccountSummary[]> {
  // Both find them by their ids first: no planner walks the index of the order, or reads all accounts.
  const rows =
    db.dialect === 'sqlite'
      ? `FROM (${sql}) AS page CROSS JOIN users ON users.id = page.id`
      : `FROM users WHERE id = ANY(ARRAY(${sql}))`
  const found = await db.all<SummaryRow>(
    `SELECT ${SUMMARY_COLUMNS} ${rows} ORDER BY ${orderClause(list)}`,
    ...params,
  )
  return found.map(toSummary)
}

/** What lists show of these accounts, in their order; those that are no longer there are left out. */
export async function readSummaries(db: ReadHandle, listed: readonly ListedId[]): Promise<AccountSummary[]> {
  if (listed.length === 0) return []
  if (db.dialect === 'sqlite') {
    const ids = JSON.stringify(listed.map(({ id }) => id))
    const from = 'json_each(?) AS page CROSS JOIN users ON users.id = page.value'
    const rows = await db.all<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM ${from}`, ids)
    return rows.map(toSummary)
  }
  const userIds = listed.map(({ userId }) => userId)
  const rows = await db.all<SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM users WHERE name = ANY(?)`, userIds)
  const byName = new Map(rows.map((row) => [row.name, row]))
  return userIds.flatMap((userId) => {
    const row = byName.get(userId)
    return row === undefined ? [] : [toSummary(row)]
  })
}

/** Some of these accounts, sorted: those of a page among the ones that pass a condition. */
export async function readSorted(
  db: ReadHandle,
  list: AccountList,
  ids: readonly number[],
  { from, limit }: Slice,
  { sql, params }: Condition = { sql: '1 = 1', params: [] },
): Promise<AccountSummary[]> {
  const { from: rows, ids: bound } = byId(db.dialect, ids)
  const found = `SELECT ${SUMMARY_COLUMNS} ${rows} AND ${sql}`
  const order = `ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  // PostgreSQL: materialized, so that no planner walks the index of the order after all.
  const page =
    db.dialect === 'sqlite'
      ? `${found} ${order}`
      : `WITH found AS MATERIALIZED (${found}) SELECT * FROM found ${order}`
  return (await db.all<SummaryRow>(page, bound, ...params, limit, from)).map(toSummary)
}

/** Reads accounts by their ids, and in no other way. */
export function byId(dialect: Dialect, ids: readonly number[]): { from: string; ids: SqlValue } {
  if (dialect === 'postgres') return { from: 'FROM users WHERE id = ANY(?)', ids }
  // SQLite keeps to the order of a CROSS JOIN.
  const from = 'FROM json_each(?) AS found CROSS JOIN users ON users.id = found.value WHERE 1 = 1'
  return { from, ids: JSON.stringify(ids) }
}
