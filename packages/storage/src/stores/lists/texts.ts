import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import { together } from '../../db/together.ts'
import type { Dialect, ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import { type Condition, contains } from './condition.ts'
import { EDGE, gramsOf, partOf } from './search-text.ts'

/**
 * Lists whose entries are searched by parts of a text. Each has a table of its own, `…_texts`, with a row for each entry
 * that has a text: `key` names the entry, `text` is what is looked at, in folded letters with an edge between its pieces,
 * `kind` is what else the list filters by. An index of trigrams finds longer parts; of shorter ones `list_grams` holds how
 * many entries of each kind have them.
 */
export const TEXT_LISTS = ['room', 'uploader', 'destination', 'report'] as const
/** The public lists of rooms are searched in the same way. */
export const PUBLIC_LIST = 'public_room'
export type TextList = (typeof TEXT_LISTS)[number] | typeof PUBLIC_LIST

/** Parts of fewer characters are in no index of trigrams. */
const TRIGRAM = 3

export const GRAM_COUNTS: BulkInsert = {
  table: 'list_grams',
  columns: { list: 'text', gram: 'text', kind: 'bigint', entries: 'bigint' },
  conflict: 'ON CONFLICT (list, gram, kind) DO UPDATE SET entries = list_grams.entries + excluded.entries',
}

/** What of an entry is searched, and counted. */
export interface EntryText {
  kind: number
  text: string
}

/** The text of an entry: a part that is looked for is within one piece. */
export function textOf(...pieces: readonly (string | null)[]): string {
  return pieces.map((piece) => partOf(piece ?? '')).join(EDGE)
}

/** Too short for an index of trigrams. */
export function isShort(part: string): boolean {
  return [...part.slice(0, 2 * TRIGRAM)].length < TRIGRAM
}

/** True of the rows of the list's table whose text has the part. */
export function hasPart(dialect: Dialect, list: TextList, part: string): Condition {
  // PostgreSQL would walk all of its index for a pattern without trigrams.
  if (isShort(part)) return contains(`(text || '')`, part)
  if (dialect === 'postgres') return contains('text', part)
  const search = `${list}_texts_search`
  return { sql: `id IN (SELECT rowid FROM ${search} WHERE ${search} MATCH ?)`, params: [matchOf(part)] }
}

const matchOf = (part: string) => `"${part.replaceAll('"', '""')}"`

/** How many entries have the part in their texts, of these kinds or of all. */
export async function countTexts(
  db: ReadHandle,
  list: TextList,
  part: string,
  kinds?: readonly number[],
): Promise<number> {
  const ofKinds = kinds === undefined ? '' : 'AND kind = ANY(?)'
  const bound = kinds === undefined ? [] : [kinds]
  if (isShort(part)) {
    const row = await db.get<{ n: number }>(
      `SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS n FROM list_grams WHERE list = ? AND gram = ? ${ofKinds}`,
      list,
      part,
      ...bound,
    )
    return row!.n
  }
  if (db.dialect === 'sqlite' && kinds === undefined) {
    const search = `${list}_texts_search`
    const sql = `SELECT COUNT(*) AS n FROM ${search} WHERE ${search} MATCH ?`
    return (await db.get<{ n: number }>(sql, matchOf(part)))!.n
  }
  const { sql, params } = hasPart(db.dialect, list, part)
  const row = await db.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM ${list}_texts WHERE ${sql} ${ofKinds}`,
    ...params,
    ...bound,
  )
  return row!.n
}

/** Keeps what is searched of an entry; `undefined` when there is nothing, or the entry has gone. */
export async function putText(
  db: WriteHandle,
  list: TextList,
  key: string,
  entry: EntryText | undefined | Promise<EntryText | undefined>,
): Promise<void> {
  const [after, before] = await together([
    entry,
    db.get<EntryText & { id: number }>(`SELECT id, kind, text FROM ${list}_texts WHERE key = ?`, key),
  ])
  if (before?.text === after?.text && before?.kind === after?.kind) return
  if (before !== undefined) await removeFromIndex(db, list, before.id, before.text)
  if (after === undefined) await db.send(`DELETE FROM ${list}_texts WHERE key = ?`, key)
  else {
    const put = `INSERT INTO ${list}_texts (key, kind, text) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, text = excluded.text`
    if (db.dialect === 'postgres') await db.send(put, key, after.kind, after.text)
    else {
      const row = await db.get<{ id: number }>(`${put} RETURNING id`, key, after.kind, after.text)
      await addToIndex(db, list, row!.id, after.text)
    }
  }
  if (list !== PUBLIC_LIST) await moveGrams(db, list, before, after)
}

/** SQLite's index of trigrams; PostgreSQL's is an index of the table and keeps itself. */
export async function addToIndex(db: WriteHandle, list: TextList, id: number, text: string): Promise<void> {
  if (db.dialect !== 'sqlite') return
  await db.send(`INSERT INTO ${list}_texts_search (rowid, text) VALUES (?, ?)`, id, text)
}

export async function removeFromIndex(
  db: WriteHandle,
  list: TextList,
  id: number,
  text: string,
): Promise<void> {
  if (db.dialect !== 'sqlite') return
  const search = `${list}_texts_search`
  await db.send(`INSERT INTO ${search} (${search}, rowid, text) VALUES ('delete', ?, ?)`, id, text)
}

/** The parts of an entry's text that are too short for the index of trigrams. */
export const shortParts = (entry: EntryText | undefined) =>
  entry === undefined ? [] : [...gramsOf(entry.text)].filter(isShort)

async function moveGrams(
  db: WriteHandle,
  list: TextList,
  before: EntryText | undefined,
  after: EntryText | undefined,
): Promise<void> {
  const rows = new Map<string, SqlValue[]>()
  for (const gram of shortParts(after)) rows.set(`${after!.kind} ${gram}`, [list, gram, after!.kind, 1])
  for (const gram of shortParts(before)) {
    const name = `${before!.kind} ${gram}`
    if (!rows.delete(name)) rows.set(name, [list, gram, before!.kind, -1])
  }
  // In one order in every process: none waits for another that waits for it.
  const inOrder = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  await bulkInsert(
    db,
    GRAM_COUNTS,
    inOrder.map(([, row]) => row),
  )
}
