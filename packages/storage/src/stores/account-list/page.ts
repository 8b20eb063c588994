import type { Dialect, ReadHandle, SqlValue } from '../../db/types.ts'
import { type AccountSummary, SUMMARY_COLUMNS, type SummaryRow, toSummary } from '../accounts/types.ts'
import type { Condition } from '../lists/condition.ts'
import type { ListedId, PageIds } from './ids.ts'

/** Rows of SQLite, in the order of the JSON array that names them: a row is found by its id on the shortest way. */
const READ_BY_ID = `SELECT ${SUMMARY_COLUMNS} FROM json_each(?) AS page CROSS JOIN users ON users.id = page.value`
/** The index alone tells all that lists show. Neighbours by name stand side by side there, and all over the table. */
export const LISTED_BY_NAME = 'users INDEXED BY users_listed ON users.name'
const READ_BY_NAME = `SELECT ${SUMMARY_COLUMNS} FROM json_each(?) AS page CROSS JOIN ${LISTED_BY_NAME} = page.value`

/** What lists show of these accounts, in their order; those that are no longer there are left out. */
export async function readSummaries(db: ReadHandle, listed: readonly ListedId[]): Promise<AccountSummary[]> {
  if (listed.length === 0) return []
  if (db.dialect === 'sqlite') {
    const isByName = goByName(listed)
    const rows = await db.all<SummaryRow>(isByName ? READ_BY_NAME : READ_BY_ID, keysOf(listed, isByName))
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

/** Texts of accounts. */
export interface TextsOf {
  /** With commas between them; `null` when there are none. */
  text: string | null
  found: number
}

/** The columns of a {@link TextsOf}, of rows in their order. `text` is an expression that makes a text of a row. */
export const textsColumns = (text: string) => `COUNT(*) AS found, group_concat(${text}) AS text`

/** The same as {@link readSummaries}, as texts, on SQLite. */
export async function readTexts(db: ReadHandle, listed: readonly ListedId[], text: string): Promise<TextsOf> {
  if (listed.length === 0) return { text: null, found: 0 }
  const isByName = goByName(listed)
  const rows = isByName ? LISTED_BY_NAME : 'users ON users.id'
  const sql = `SELECT ${textsColumns(text)} FROM json_each(?) AS page CROSS JOIN ${rows} = page.value`
  return (await db.get<TextsOf>(sql, keysOf(listed, isByName)))!
}

/** A JSON array of what they are read by. */
function keysOf(listed: readonly ListedId[], isByName: boolean): string {
  return JSON.stringify(listed.map(({ userId, id }) => (isByName ? userId : id)))
}

/**
 * Whether they go up or down by name, as in most orders: where the accounts have no value or the same one, they go up. The index
 * takes less than the table does even when a filter passes one in a hundred.
 */
function goByName(listed: readonly ListedId[]): boolean {
  const [first, second] = listed
  if (second === undefined) return false
  const goesUp = first!.userId < second.userId
  return listed.every(({ userId }, i) => i === 0 || listed[i - 1]!.userId < userId === goesUp)
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
