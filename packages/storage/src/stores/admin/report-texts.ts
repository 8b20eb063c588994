import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import type { Condition } from '../lists/condition.ts'
import { partOf } from '../lists/search-text.ts'
import { addToIndex, hasPart, removeFromIndex, textOf } from '../lists/texts.ts'
import { addListed } from '../lists/totals.ts'

/**
 * What reports are filtered by. `report_texts` holds each value once, under the number of its field, and in how many
 * reports it is: reports are many, who reports and what is reported are fewer.
 */
export const REPORT_FIELDS = {
  event_reports: { user_id: 1, room_id: 2, sender: 3 },
  user_reports: { user_id: 4, target_user_id: 5 },
} as const
export type ReportTable = keyof typeof REPORT_FIELDS

const fieldsOf = (table: ReportTable): [string, number][] => Object.entries(REPORT_FIELDS[table])

/** These reports came (`by` is 1) or went (-1). Belongs into the same transaction. */
export async function countReports(
  db: WriteHandle,
  table: ReportTable,
  reports: readonly Readonly<Record<string, SqlValue>>[],
  by: 1 | -1,
): Promise<void> {
  await addListed(db, table, by * reports.length)
  for (const [column, field] of fieldsOf(table)) {
    const counts = new Map<string, number>()
    for (const report of reports) {
      const value = report[column] as string
      counts.set(value, (counts.get(value) ?? 0) + by)
    }
    for (const [value, count] of counts) await countValue(db, field, value, count)
  }
}

async function countValue(db: WriteHandle, field: number, key: string, by: number): Promise<void> {
  const text = textOf(key)
  const row = await db.get<{ id: number; entries: number }>(
    `INSERT INTO report_texts (key, kind, text, entries) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, key) DO UPDATE SET entries = report_texts.entries + excluded.entries RETURNING id, entries`,
    key,
    field,
    text,
    by,
  )
  const { id, entries } = row!
  if (by > 0 && entries === by) await addToIndex(db, 'report', id, text)
  else if (entries === 0) {
    await db.send('DELETE FROM report_texts WHERE id = ?', id)
    await removeFromIndex(db, 'report', id, text)
  }
}

/** A condition of a list of reports. */
export interface ReportCondition {
  /** How many reports it is true of. */
  entries: number
  /** Whether it asks for one value: these reports stand together in an index, in their order. */
  isOne: boolean
  /** Finds them in an index. */
  find: Condition
  /** The same, asked of a report that is met. */
  check: Condition
}

/** The reports with this very value. They have an index of their own in each order. */
export async function withValue(
  db: ReadHandle,
  table: ReportTable,
  column: string,
  value: string,
): Promise<ReportCondition> {
  const row = await db.get<{ entries: number }>(
    'SELECT entries FROM report_texts WHERE kind = ? AND key = ?',
    fieldNumber(table, column),
    value,
  )
  return exactly(column, value, row?.entries ?? 0)
}

/** The reports whose value has this part, in any letter case. */
export async function withPart(
  db: ReadHandle,
  table: ReportTable,
  column: string,
  search: string,
): Promise<ReportCondition> {
  const field = fieldNumber(table, column)
  const part = hasPart(db.dialect, 'report', partOf(search))
  const where = `WHERE kind = ? AND ${part.sql}`
  const row = await db.get<{ n: number; entries: number; one: string | null }>(
    `SELECT COUNT(*) AS n, CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS entries, MIN(key) AS one
     FROM report_texts ${where}`,
    field,
    ...part.params,
  )
  const { n, entries, one } = row!
  if (n === 1) return exactly(column, one!, entries)
  const sql = `${column} IN (SELECT key FROM report_texts ${where})`
  const params = [field, ...part.params]
  // What is true or not is no join to a planner: the values are read once and held.
  return { entries, isOne: false, find: { sql, params }, check: { sql: `(${sql}) IS TRUE`, params } }
}

function exactly(column: string, value: string, entries: number): ReportCondition {
  return {
    entries,
    isOne: true,
    find: { sql: `${column} = ?`, params: [value] },
    check: { sql: `(${column} || '') = ?`, params: [value] },
  }
}

function fieldNumber(table: ReportTable, column: string): number {
  return fieldsOf(table).find(([name]) => name === column)![1]
}
