import type { Migration } from './types.ts'

/**
 * What SQLite is to believe of its indexes, in the words of its documentation: rows of the table, then how many of them are
 * equal in the first column, the first two, and so on. It is never told to count: without these it thinks that a room has ten
 * state changes, and reads all of them to find those of one entry; and of listed rooms it sorts all to show the first.
 */
const BELIEVED: readonly (readonly [table: string, index: string, stat: string])[] = [
  ['state_changes', 'state_changes', '1000000 10000 1 1 1'],
  ['state_changes', 'state_changes_by_key', '1000000 10000 5000 2 1'],
  ['rooms', 'rooms_by_published', '100000 50000 1 1'],
  ['rooms', 'rooms_published', '50000 100 1'],
]

/** Gives SQLite statistics where it has none of its own: an administrator's `ANALYZE` is better. */
export const sqliteStatistics: Migration = {
  compatibleSince: 32,
  async up(db) {
    if (db.dialect !== 'sqlite') return
    await db.run('ANALYZE schema_version') // which makes the table for them
    const known = await db.all<{ tbl: string }>('SELECT DISTINCT tbl FROM sqlite_stat1')
    const isKnown = (table: string) => known.some(({ tbl }) => tbl === table)
    for (const [table, index, stat] of BELIEVED)
      if (!isKnown(table))
        await db.run('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)', table, index, stat)
    await db.run('ANALYZE sqlite_schema') // reads them
  },
}
