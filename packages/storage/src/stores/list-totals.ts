import { type BulkInsert, bulkInsert } from '../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../db/types.ts'

/** What `list_totals` counts, so that the total of an administrator's list is a sum of some rows. */
export type CountedList = 'rooms' | 'event_reports' | 'user_reports'

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

/** What the list of rooms filters by. */
export interface RoomSort {
  published: boolean
  /** Nobody is joined. */
  empty: boolean
}

/** Of a room's row. */
export const roomSort = (row: { published: number; joined_count: number }): RoomSort => ({
  published: row.published === 1,
  empty: row.joined_count <= 0,
})

const sortId = ({ published, empty }: RoomSort): number => Number(published) * 2 + Number(empty)

/** The sorts of room that have what is given. */
export function roomSorts({ published, empty }: { [K in keyof RoomSort]?: boolean | undefined }): number[] {
  const both = [false, true]
  return both.flatMap((isPublished) =>
    both
      .filter((isEmpty) => isEmpty === (empty ?? isEmpty) && isPublished === (published ?? isPublished))
      .map((isEmpty) => sortId({ published: isPublished, empty: isEmpty })),
  )
}

/** Rooms came (`before` is undefined), went (`after` is) or changed. */
export async function moveRooms(
  db: WriteHandle,
  changes: readonly { before: RoomSort | undefined; after: RoomSort | undefined }[],
): Promise<void> {
  const by = new Map<number, number>()
  const add = (sort: RoomSort | undefined, count: number) => {
    if (sort !== undefined) by.set(sortId(sort), (by.get(sortId(sort)) ?? 0) + count)
  }
  for (const { before, after } of changes) {
    add(before, -1)
    add(after, 1)
  }
  const rows = [...by]
    .filter(([, count]) => count !== 0)
    .map(([sort, count]): SqlValue[] => ['rooms', sort, count])
  // In one order in every process: none waits for another that waits for it.
  rows.sort((a, b) => Number(a[1]) - Number(b[1]))
  await bulkInsert(db, TOTALS, rows)
}
