import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** What `list_totals` counts, so that the total of an administrator's list is a sum of some rows. */
export type CountedList = 'rooms' | 'event_reports' | 'user_reports' | 'destinations' | 'uploaders'

const TOTALS: BulkInsert = {
  table: 'list_totals',
  columns: { list: 'text', kind: 'bigint', entries: 'bigint' },
  conflict: 'ON CONFLICT (list, kind) DO UPDATE SET entries = list_totals.entries + excluded.entries',
}

/** How many entries of these sorts there are. */
export async function countListed(
  db: ReadHandle,
  list: CountedList,
  sorts: readonly number[] = [0],
): Promise<number> {
  const row = await db.get<{ n: number }>(
    'SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS n FROM list_totals WHERE list = ? AND kind = ANY(?)',
    list,
    sorts,
  )
  return row!.n
}

/** There are `by` entries more of a sort. Belongs into the transaction that adds or removes them. */
export async function addListed(db: WriteHandle, list: CountedList, by: number, sort = 0): Promise<void> {
  if (by !== 0) await bulkInsert(db, TOTALS, [[list, sort, by]])
}

/** How many entries there are of each sort. */
export async function listedBySort(db: ReadHandle, list: CountedList): Promise<Map<number, number>> {
  const rows = await db.all<{ kind: number; entries: number }>(
    'SELECT kind, entries FROM list_totals WHERE list = ?',
    list,
  )
  return new Map(rows.map(({ kind, entries }) => [kind, entries]))
}
