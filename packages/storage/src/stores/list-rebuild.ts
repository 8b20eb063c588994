import type { UserId } from '@ranvier/protocol/ids/brands'
import { type BulkInsert, bulkInsert } from '../db/bulk.ts'
import type { SqlValue, WriteHandle } from '../db/types.ts'
import { searchTextOf } from './account-names/search.ts'
import { REPORT_FIELDS } from './admin/report-texts.ts'
import {
  type EntryText,
  GRAM_COUNTS,
  PUBLIC_LIST,
  shortParts,
  TEXT_LISTS,
  type TextList,
  textOf,
} from './lists/texts.ts'
import type { CountedList } from './lists/totals.ts'
import { type DescribedRoom, IS_LISTED, publicEntryOf } from './rooms/public-texts.ts'
import { entryOf, type NamedRoom } from './rooms/texts.ts'

/** How many entries are read at once. */
const BATCH = 5_000

/**
 * Makes anew, from rooms, files, reports and destinations, everything that is kept about all of them. For rows that were
 * written by other means than the stores. Some ten seconds for 100,000 rooms and a million files.
 */
export async function rebuildAdminLists(db: WriteHandle): Promise<void> {
  await db.run('UPDATE rooms SET sort = published * 2 + CASE WHEN joined_count <= 0 THEN 1 ELSE 0 END')
  await db.run('DELETE FROM user_media_totals')
  await db.run(
    `INSERT INTO user_media_totals (user_id, displayname, files, bytes)
     SELECT user_id, (SELECT displayname FROM users WHERE name = user_id), COUNT(*), CAST(SUM(media_length) AS BIGINT)
     FROM local_media GROUP BY user_id`,
  )
  await db.run('DELETE FROM list_totals')
  await db.run(
    `INSERT INTO list_totals (list, kind, entries) SELECT 'rooms', sort, COUNT(*) FROM rooms GROUP BY sort`,
  )
  for (const [list, table] of Object.entries(COUNTED))
    await db.run(`INSERT INTO list_totals (list, kind, entries) SELECT '${list}', 0, COUNT(*) FROM ${table}`)
  await rebuildTexts(db)
  await rebuildPublicTexts(db)
}

const COUNTED: Record<Exclude<CountedList, 'rooms'>, string> = {
  event_reports: 'event_reports',
  user_reports: 'user_reports',
  destinations: 'destinations',
  uploaders: 'user_media_totals',
}

/** Makes anew, from the rows of the lists, everything that is searched of them. Some seconds for 100,000 rooms. */
export async function rebuildTexts(db: WriteHandle): Promise<void> {
  await db.run('DELETE FROM list_grams')
  for (const list of TEXT_LISTS) await db.run(`DELETE FROM ${list}_texts`)
  await putAll<NamedRoom>(
    db,
    'room',
    'SELECT room_id AS key, name, canonical_alias, sort FROM rooms WHERE room_id > ? ORDER BY room_id LIMIT ?',
    entryOf,
  )
  await putAll<{ displayname: string | null }>(
    db,
    'uploader',
    'SELECT user_id AS key, displayname FROM user_media_totals WHERE user_id > ? ORDER BY user_id LIMIT ?',
    (row) => ({ kind: 0, text: searchTextOf(row.key as UserId, row.displayname) }),
  )
  await putAll(
    db,
    'destination',
    'SELECT destination AS key FROM destinations WHERE destination > ? ORDER BY destination LIMIT ?',
    (row) => ({ kind: 0, text: textOf(row.key) }),
  )
  for (const [table, fields] of Object.entries(REPORT_FIELDS))
    for (const [column, field] of Object.entries(fields)) await putReported(db, table, column, field)
  if (db.dialect === 'postgres') return
  for (const list of TEXT_LISTS)
    await db.run(`INSERT INTO ${list}_texts_search (${list}_texts_search) VALUES ('rebuild')`)
}

/** The same of the public lists. */
export async function rebuildPublicTexts(db: WriteHandle): Promise<void> {
  await db.run('DELETE FROM public_room_texts')
  const sql = `SELECT room_id AS key, name, topic, canonical_alias FROM rooms
    WHERE room_id > ? AND ${IS_LISTED} ORDER BY room_id LIMIT ?`
  for await (const rows of batches<DescribedRoom & { key: string }>(db, sql)) {
    const entries = rows.map((row) => ({ key: row.key, ...publicEntryOf(row) }))
    const values = entries.flatMap(({ key, kind, text }) =>
      kind === undefined || text === undefined ? [] : [[key, kind, text]],
    )
    await bulkInsert(db, textsOf(PUBLIC_LIST), values)
  }
  if (db.dialect === 'sqlite')
    await db.run("INSERT INTO public_room_texts_search (public_room_texts_search) VALUES ('rebuild')")
}

const textsOf = (list: TextList): BulkInsert => ({
  table: `${list}_texts`,
  columns: { key: 'text', kind: 'bigint', text: 'text' },
})

async function putAll<Row>(
  db: WriteHandle,
  list: TextList,
  sql: string,
  entryOf: (row: Row & { key: string }) => EntryText | undefined,
): Promise<void> {
  const insert = textsOf(list)
  const grams = new Map<number, Map<string, number>>()
  for await (const rows of batches<Row & { key: string }>(db, sql)) {
    const values: SqlValue[][] = []
    for (const row of rows) {
      const entry = entryOf(row)
      if (entry === undefined) continue
      values.push([row.key, entry.kind, entry.text])
      const ofKind = grams.get(entry.kind) ?? new Map<string, number>()
      grams.set(entry.kind, ofKind)
      for (const gram of shortParts(entry)) ofKind.set(gram, (ofKind.get(gram) ?? 0) + 1)
    }
    await bulkInsert(db, insert, values)
  }
  for (const [kind, ofKind] of grams) {
    const rows = [...ofKind].map(([gram, entries]): SqlValue[] => [list, gram, kind, entries])
    for (let i = 0; i < rows.length; i += BATCH) await bulkInsert(db, GRAM_COUNTS, rows.slice(i, i + BATCH))
  }
}

const REPORT_TEXTS: BulkInsert = {
  table: 'report_texts',
  columns: { key: 'text', kind: 'bigint', text: 'text', entries: 'bigint' },
}

async function putReported(db: WriteHandle, table: string, column: string, field: number): Promise<void> {
  const sql = `SELECT ${column} AS key, COUNT(*) AS entries FROM ${table} WHERE ${column} > ?
    GROUP BY ${column} ORDER BY ${column} LIMIT ?`
  for await (const rows of batches<{ key: string; entries: number }>(db, sql))
    await bulkInsert(
      db,
      REPORT_TEXTS,
      rows.map(({ key, entries }) => [key, field, textOf(key), entries]),
    )
}

/** `sql` binds the last key of the batch before, and how many rows one may have. */
async function* batches<Row extends { key: string }>(db: WriteHandle, sql: string): AsyncGenerator<Row[]> {
  let last = ''
  for (;;) {
    const rows = await db.all<Row>(sql, last, BATCH)
    yield rows
    if (rows.length < BATCH) return
    last = rows.at(-1)!.key
  }
}
