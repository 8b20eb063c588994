import type { Dialect, ReadHandle, SqlValue } from '../../db/types.ts'
import { type AccountSummary, SUMMARY_COLUMNS, type SummaryRow, toSummary } from '../accounts/types.ts'
import type { Condition } from '../lists/condition.ts'
import type { ListedId, PageIds } from './ids.ts'

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

/** Some of these accounts, sorted: the ids of a page of those that pass a condition. */
export async function sortedFound(
  page: PageIds,
  ids: readonly number[],
  { skip, take }: { skip: number; take: number },
  { sql, params }: Condition = { sql: '1 = 1', params: [] },
): Promise<readonly ListedId[]> {
  const { from, ids: bound } = byId(page.dialect, ids)
  const condition = { sql, params: [bound, ...params] }
  return (await page.readSorted(from, condition, skip, take)).ids
}

/** Reads accounts by their ids, and in no other way; a condition follows. */
export function byId(dialect: Dialect, ids: readonly number[]): { from: string; ids: SqlValue } {
  if (dialect === 'postgres') return { from: 'users WHERE id = ANY(?) AND', ids }
  // SQLite keeps to the order of a CROSS JOIN. Each row of `json_each` has an id of its own.
  const from = '(SELECT value AS found FROM json_each(?)) CROSS JOIN users ON users.id = found WHERE'
  return { from, ids: JSON.stringify(ids) }
}
