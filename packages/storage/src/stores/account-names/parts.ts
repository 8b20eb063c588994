import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { SqlValue, WriteHandle } from '../../db/types.ts'
import { EDGE } from '../lists/search-text.ts'
import { ENTRY_BYTES, OF_DISPLAYNAME, PLACES, windowsOf } from './windows.ts'

/**
 * The index of parts of names. `user_parts` says of each token (four characters, see `windows.ts`) where it is:
 * in a name of which account, and from which character on. Indexes that know no places find accounts which may be
 * meant; each of those has to be read, and some thousand take longer than all the rest.
 *
 * A row holds the entries of accounts whose ids are not far apart, ascending, three bytes each: the distance of the id
 * from `piece`, which is the first one, and the place. An account that comes is added to the last row of each token
 * while there is room, so that little is written anew. Rows of a token hold accounts one after another:
 *
 *     gram  piece  entries
 *     anna      1  (1, 0) (9, 512) (14, 1)
 *     anna     20  (20, 3) …
 */
const MAX_DISTANCE = 16_384
/** A row that has so much is full. Larger ones SQLite and PostgreSQL keep in pieces elsewhere, from these sizes on. */
const FULL_BYTES = { sqlite: 750, postgres: 1_500 } as const
const MAX_BYTES = { sqlite: 950, postgres: 3_000 } as const

/** How many accounts are read, or rows written, at once to make the index anew. */
const BATCH = 5_000

const COLUMNS = { gram: 'text', piece: 'bigint', entries: 'bytea' } as const
const appendTo = (type: 'BLOB' | 'BYTEA'): BulkInsert => ({
  table: 'user_parts',
  columns: COLUMNS,
  // What SQLite puts together is a text, of the same bytes.
  conflict: `ON CONFLICT (gram, piece) DO UPDATE SET entries = CAST(user_parts.entries || excluded.entries AS ${type})`,
})
const APPEND = { sqlite: appendTo('BLOB'), postgres: appendTo('BYTEA') } as const
const REPLACE: BulkInsert = {
  table: 'user_parts',
  columns: COLUMNS,
  conflict: 'ON CONFLICT (gram, piece) DO UPDATE SET entries = excluded.entries',
}

/** Where the tokens of both names are in what searches look at; none reaches from one into the other. */
function placesIn(searchText: string): Map<string, number[]> {
  const places = new Map<string, number[]>()
  const end = searchText.lastIndexOf(EDGE) + 1
  for (const [names, first] of [
    [searchText.slice(0, end), 0],
    [searchText.slice(end), OF_DISPLAYNAME],
  ] as const)
    for (const [i, token] of windowsOf(names).slice(0, OF_DISPLAYNAME).entries()) {
      const known = places.get(token)
      if (known === undefined) places.set(token, [first + i])
      else known.push(first + i)
    }
  return places
}

function pack(entries: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(entries.length * ENTRY_BYTES)
  for (const [i, entry] of entries.entries()) bytes.writeUIntBE(entry, i * ENTRY_BYTES, ENTRY_BYTES)
  return bytes
}

function unpack(bytes: Uint8Array): number[] {
  const entries = new Array<number>(bytes.length / ENTRY_BYTES)
  for (let i = 0, at = 0; at < bytes.length; i++, at += ENTRY_BYTES)
    entries[i] = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  return entries
}

const entriesAt = (distance: number, places: readonly number[] = []) =>
  places.map((place) => distance * PLACES + place)

/** Of each token the row that has the account, or else may take it. */
const rowsSql = (columns: string) => ({
  postgres: `
SELECT wanted.gram, ${columns} FROM unnest(?::text[]) AS wanted (gram) CROSS JOIN LATERAL (
  SELECT piece, entries FROM user_parts WHERE user_parts.gram = wanted.gram AND piece <= ?
  ORDER BY piece DESC LIMIT 1) AS nearest WHERE piece > ?`,
  sqlite: `
SELECT nearest.gram, ${columns} FROM json_each(?) AS wanted CROSS JOIN user_parts AS nearest
ON nearest.gram = wanted.value AND piece = (
  SELECT piece FROM user_parts WHERE gram = wanted.value AND piece <= ? ORDER BY piece DESC LIMIT 1)
WHERE piece > ?`,
})
const ROOMS = rowsSql('piece, length(entries) AS bytes')
const ROWS = rowsSql('piece, entries')

interface PartRow {
  gram: string
  piece: number
  entries: Uint8Array
}

/** Keeps the index true; `before` is `undefined` when the account has come. Others that write must wait meanwhile. */
export async function moveParts(
  db: WriteHandle,
  id: number,
  before: string | undefined,
  after: string,
): Promise<void> {
  const now = placesIn(after)
  if (before === undefined) return addParts(db, id, now)
  const gone = placesIn(before)
  const changed = [...new Set([...gone.keys(), ...now.keys()])].filter(
    (gram) => gone.get(gram)?.join() !== now.get(gram)?.join(),
  )
  const rows = await db.all<PartRow>(ROWS[db.dialect], changed, id, id - MAX_DISTANCE)
  const known = new Map(rows.map((row) => [row.gram, row]))
  const emptied: [string, number][] = []
  const moved = changed.flatMap((gram): SqlValue[][] => {
    const row = known.get(gram)
    const piece = row?.piece ?? id
    const own = entriesAt(id - piece, gone.get(gram))
    const others = row === undefined ? [] : unpack(row.entries).filter((entry) => !own.includes(entry))
    const entries = [...others, ...entriesAt(id - piece, now.get(gram))].sort((a, b) => a - b)
    if (entries.length === 0) emptied.push([gram, piece])
    return entries.length === 0 ? [] : rowsOf(gram, piece, entries, MAX_BYTES[db.dialect])
  })
  await bulkInsert(db, REPLACE, moved)
  for (const [gram, piece] of emptied)
    await db.send('DELETE FROM user_parts WHERE gram = ? AND piece = ?', gram, piece)
}

/** Many who take a name that nobody had: their row is cut in two, between two accounts. */
function rowsOf(gram: string, piece: number, entries: readonly number[], maxBytes: number): SqlValue[][] {
  const middle = Math.floor((entries[entries.length >> 1] ?? 0) / PLACES)
  const first = entries.findIndex((entry) => entry >= middle * PLACES)
  // `first` is 0: all of one account.
  if (entries.length * ENTRY_BYTES <= maxBytes || first <= 0) return [[gram, piece, pack(entries)]]
  return [
    [gram, piece, pack(entries.slice(0, first))],
    [gram, piece + middle, pack(entries.slice(first).map((entry) => entry - middle * PLACES))],
  ]
}

async function addParts(db: WriteHandle, id: number, places: Map<string, number[]>): Promise<void> {
  const rooms = await db.all<{ gram: string; piece: number; bytes: number }>(
    ROOMS[db.dialect],
    [...places.keys()],
    id,
    id - MAX_DISTANCE,
  )
  const pieces = new Map(
    rooms.filter(({ bytes }) => bytes < FULL_BYTES[db.dialect]).map((room) => [room.gram, room.piece]),
  )
  const rows = [...places].map(([gram, own]): SqlValue[] => {
    const piece = pieces.get(gram) ?? id
    return [gram, piece, pack(entriesAt(id - piece, own))]
  })
  await bulkInsert(db, APPEND[db.dialect], rows)
}

/** Makes the index anew. Takes about two minutes for a million accounts. */
export async function rebuildParts(db: WriteHandle): Promise<void> {
  await db.send('DELETE FROM user_parts')
  let open = new Map<string, { piece: number; entries: number[] }>()
  let full: SqlValue[][] = []
  const close = (gram: string, { piece, entries }: { piece: number; entries: number[] }) =>
    full.push([gram, piece, pack(entries)])
  let first = 0
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const rows = await db.all<{ id: number; search_text: string }>(
      'SELECT id, search_text FROM users WHERE id > ? ORDER BY id LIMIT ?',
      last,
      BATCH,
    )
    const isLast = rows.length < BATCH
    for (const { id, search_text: text } of rows)
      for (const [gram, places] of placesIn(text)) {
        let row = open.get(gram)
        const isFull = row !== undefined && row.entries.length * ENTRY_BYTES >= FULL_BYTES[db.dialect]
        if (row !== undefined && (isFull || id - row.piece >= MAX_DISTANCE)) close(gram, row)
        if (row === undefined || isFull || id - row.piece >= MAX_DISTANCE)
          open.set(gram, (row = { piece: id, entries: [] }))
        row.entries.push(...entriesAt(id - row.piece, places))
      }
    // Rare tokens would stay open for ever: now and then all of them are written.
    if (isLast || (rows.at(-1)?.id ?? 0) - first >= MAX_DISTANCE) {
      for (const [gram, row] of open) close(gram, row)
      open = new Map()
      first = rows.at(-1)?.id ?? first
    }
    full.sort((a, b) => Number(a[0]! > b[0]!) - Number(a[0]! < b[0]!)) // neighbours are written together
    for (let i = 0; i < full.length; i += BATCH)
      await bulkInsert(db, APPEND[db.dialect], full.slice(i, i + BATCH))
    full = []
    if (isLast) break
    last = rows.at(-1)!.id
  }
  // As SQLite has them anyway: a token's rows were written far apart, and each would be read from a page of its own.
  if (db.dialect === 'postgres') await db.send('CLUSTER user_parts USING user_parts_pkey')
}
