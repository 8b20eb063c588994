import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import { gramsOf } from '../lists/search-text.ts'

/** How many accounts are read at once to make all counts anew. */
const BATCH = 5_000

const COUNTS: BulkInsert = {
  table: 'user_grams',
  columns: { gram: 'text', kind: 'bigint', accounts: 'bigint' },
  conflict: 'ON CONFLICT (gram, kind) DO UPDATE SET accounts = user_grams.accounts + excluded.accounts',
}

/** How many accounts of these kinds have the gram in their names. */
export async function countGram(db: ReadHandle, gram: string, kinds: readonly number[]): Promise<number> {
  const row = await db.get<{ n: number }>(
    'SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) AS n FROM user_grams WHERE gram = ? AND kind = ANY(?)',
    gram,
    kinds,
  )
  return row!.n
}

/** What of an account the grams count. */
export interface GramEntry {
  search_text: string
  kind: number
}

/** Keeps the counts true when an account has come (`before` is undefined) or changed. */
export async function moveGrams(
  db: WriteHandle,
  before: GramEntry | undefined,
  after: GramEntry,
): Promise<void> {
  if (before?.kind === after.kind && before.search_text === after.search_text) return
  const grams = gramsOf(after.search_text)
  const rows: SqlValue[][] = []
  const gone = before === undefined ? new Set<string>() : gramsOf(before.search_text)
  const isSameKind = before?.kind === after.kind
  for (const gram of grams) if (!isSameKind || !gone.has(gram)) rows.push([gram, after.kind, 1])
  for (const gram of gone) if (!isSameKind || !grams.has(gram)) rows.push([gram, before!.kind, -1])
  await bulkInsert(db, COUNTS, rows)
}

/** Makes all counts anew. Takes some twenty seconds for a million accounts. */
export async function rebuildGrams(db: WriteHandle): Promise<void> {
  await db.send('DELETE FROM user_grams')
  const counts = new Map<number, Map<string, number>>()
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const rows = await db.all<GramEntry & { id: number }>(
      'SELECT id, kind, search_text FROM users WHERE id > ? ORDER BY id LIMIT ?',
      last,
      BATCH,
    )
    for (const { kind, search_text: searchText } of rows) {
      let ofKind = counts.get(kind)
      if (ofKind === undefined) counts.set(kind, (ofKind = new Map()))
      for (const gram of gramsOf(searchText)) ofKind.set(gram, (ofKind.get(gram) ?? 0) + 1)
    }
    if (rows.length < BATCH) break
    last = rows.at(-1)!.id
  }
  for (const [kind, ofKind] of counts) {
    const rows = [...ofKind].map(([gram, accounts]): SqlValue[] => [gram, kind, accounts])
    for (let i = 0; i < rows.length; i += BATCH) await bulkInsert(db, COUNTS, rows.slice(i, i + BATCH))
  }
}
