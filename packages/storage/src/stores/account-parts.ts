import { type BulkInsert, bulkInsert } from '../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../db/types.ts'
import { TOKEN, windowsOf } from './account-windows.ts'

/**
 * PostgreSQL: the index of parts of names. `user_parts` says of each token (four characters, see
 * `account-windows.ts`) where it is: in the text of which account, and from which character on. Its own indexes of
 * trigrams know no places, so that each account which may be meant has to be read, and some thousand take longer than
 * all the rest.
 *
 * A row holds the entries of accounts whose ids are not far apart, three bytes each: the distance of the id from
 * `piece`, which is the first one, and the place. An account that comes is added to the last row of each token while
 * there is room, so that little is written anew.
 */
const MAX_DISTANCE = 16_384
/** Names are shorter: 255 bytes, and what the limit of display names allows. */
const PLACES = 1_024
const ENTRY_BYTES = 3
/** A row that has so much is full: PostgreSQL keeps larger ones in pieces elsewhere. */
const FULL_BYTES = 1_500

/** How many accounts are read, or rows written, at once to make the index anew. */
const BATCH = 5_000
/** So much of a long part is looked for: what has it is then checked. */
const MAX_LOOKED_UP = 32
/** No character comes after it. */
const LAST = '\u{10ffff}'.repeat(TOKEN)

const COLUMNS = { gram: 'text', piece: 'bigint', entries: 'bytea' } as const
const APPEND: BulkInsert = {
  table: 'user_parts',
  columns: COLUMNS,
  conflict: 'ON CONFLICT (gram, piece) DO UPDATE SET entries = user_parts.entries || excluded.entries',
}
const REPLACE: BulkInsert = {
  table: 'user_parts',
  columns: COLUMNS,
  conflict: 'ON CONFLICT (gram, piece) DO UPDATE SET entries = excluded.entries',
}

/** Where the tokens of a text are in it. */
function placesIn(text: string): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [place, token] of windowsOf(text).slice(0, PLACES).entries()) {
    const known = places.get(token)
    if (known === undefined) places.set(token, [place])
    else known.push(place)
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
const rowsSql = (columns: string) => `
SELECT wanted.gram, ${columns} FROM unnest(?::text[]) AS wanted (gram) CROSS JOIN LATERAL (
  SELECT piece, entries FROM user_parts WHERE user_parts.gram = wanted.gram AND piece <= ?
  ORDER BY piece DESC LIMIT 1) AS nearest WHERE piece > ?`
const ROOMS = rowsSql('piece, length(entries) AS bytes')
const ROWS = rowsSql('piece, entries')

/** Keeps the index true; `before` is `undefined` when the account has come. Others that write must wait meanwhile. */
export async function moveParts(
  db: WriteHandle,
  id: number,
  before: string | undefined,
  after: string,
): Promise<void> {
  if (db.dialect !== 'postgres') return
  const now = placesIn(after)
  if (before === undefined) return addParts(db, id, now)
  const gone = placesIn(before)
  const changed = [...new Set([...gone.keys(), ...now.keys()])].filter(
    (gram) => gone.get(gram)?.join() !== now.get(gram)?.join(),
  )
  const rows = await db.all<PartRow>(ROWS, changed, id, id - MAX_DISTANCE)
  const known = new Map(rows.map((row) => [row.gram, row]))
  const moved = changed.flatMap((gram): SqlValue[][] => {
    const row = known.get(gram)
    const piece = row?.piece ?? id
    const own = entriesAt(id - piece, gone.get(gram))
    const others = row === undefined ? [] : unpack(row.entries).filter((entry) => !own.includes(entry))
    return rowsOf(gram, piece, [...others, ...entriesAt(id - piece, now.get(gram))])
  })
  await bulkInsert(db, REPLACE, moved)
}

/** Many who take a name that nobody had: their row is cut in two, between two accounts. */
function rowsOf(gram: string, piece: number, entries: readonly number[]): SqlValue[][] {
  if (entries.length * ENTRY_BYTES <= 2 * FULL_BYTES) return [[gram, piece, pack(entries)]]
  const sorted = [...entries].sort((a, b) => a - b)
  const middle = Math.floor(sorted[sorted.length >> 1]! / PLACES)
  const first = sorted.filter((entry) => entry < middle * PLACES)
  if (first.length === 0) return [[gram, piece, pack(sorted)]] // all of one account
  const second = sorted.slice(first.length).map((entry) => entry - middle * PLACES)
  return [
    [gram, piece, pack(first)],
    [gram, piece + middle, pack(second)],
  ]
}

async function addParts(db: WriteHandle, id: number, places: Map<string, number[]>): Promise<void> {
  const rooms = await db.all<{ gram: string; piece: number; bytes: number }>(
    ROOMS,
    [...places.keys()],
    id,
    id - MAX_DISTANCE,
  )
  const pieces = new Map(
    rooms.filter(({ bytes }) => bytes < FULL_BYTES).map((room) => [room.gram, room.piece]),
  )
  const rows = [...places].map(([gram, own]): SqlValue[] => {
    const piece = pieces.get(gram) ?? id
    return [gram, piece, pack(entriesAt(id - piece, own))]
  })
  await bulkInsert(db, APPEND, rows)
}

/** The ids of all accounts whose text has this part, ascending; of one longer than `MAX_LOOKED_UP` there may be others. */
export async function findByPart(db: ReadHandle, part: string): Promise<number[]> {
  const characters = [...part].slice(0, MAX_LOOKED_UP)
  const starts =
    characters.length < TOKEN ? await beginningWith(db, part) : await beginningsOf(db, characters)
  const ids: number[] = []
  for (const start of starts) {
    const id = Math.floor(start / PLACES)
    if (id !== ids.at(-1)) ids.push(id)
  }
  return ids
}

interface PartRow {
  gram: string
  piece: number
  entries: Uint8Array
}

/** Whether {@link findByPart} finds those alone that have the part. */
export const isLookedUp = (part: string) => [...part.slice(0, 2 * MAX_LOOKED_UP + 1)].length <= MAX_LOOKED_UP

/**
 * Where tokens are that begin with a short part, ascending. A place is that of the account and of the character in its
 * text.
 */
async function beginningWith(db: ReadHandle, part: string): Promise<Float64Array> {
  const rows = await db.all<Omit<PartRow, 'gram'>>(
    'SELECT piece, entries FROM user_parts WHERE gram >= ? AND gram <= ?',
    part,
    part + LAST,
  )
  return placesOf(rows, 0)
}

/** Where the tokens of a part stand in its order, ascending. Those that overlap say nothing new. */
async function beginningsOf(db: ReadHandle, characters: readonly string[]): Promise<Float64Array> {
  const last = characters.length - TOKEN
  const offsets = Array.from({ length: Math.ceil(last / TOKEN) }, (_, i) => i * TOKEN).concat(last)
  const tokens = offsets.map((offset) => characters.slice(offset, offset + TOKEN).join(''))
  const rows = await db.all<PartRow>(
    'SELECT gram, piece, entries FROM user_parts WHERE gram = ANY(?)',
    tokens,
  )
  const byGram = Map.groupBy(rows, (row) => row.gram)
  const lists = offsets
    .map((offset, i) => ({ offset, rows: byGram.get(tokens[i]!) ?? [] }))
    .sort((a, b) => sizeOf(a.rows) - sizeOf(b.rows))
  let starts = placesOf(lists[0]!.rows, lists[0]!.offset)
  for (const list of lists.slice(1)) {
    if (starts.length === 0) break
    starts = inBoth(starts, placesOf(list.rows, list.offset))
  }
  return starts
}

const sizeOf = (rows: readonly PartRow[]) => rows.reduce((sum, { entries }) => sum + entries.length, 0)

/** The entries as places, ascending, each so many characters before: where the part would begin. */
function placesOf(rows: readonly Pick<PartRow, 'piece' | 'entries'>[], offset: number): Float64Array {
  const bytes = rows.reduce((sum, { entries }) => sum + entries.length, 0)
  const places = new Float64Array(bytes / ENTRY_BYTES)
  let count = 0
  for (const { piece, entries } of rows)
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      const entry = (entries[at]! << 16) | (entries[at + 1]! << 8) | entries[at + 2]!
      if (entry % PLACES >= offset) places[count++] = piece * PLACES + entry - offset
    }
  return places.subarray(0, count).sort()
}

/** What two ascending lists have in common. */
function inBoth(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(Math.min(a.length, b.length))
  let count = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i]!, b[j]!]
    if (x === y) both[count++] = x
    if (x <= y) i++
    if (y <= x) j++
  }
  return both.subarray(0, count)
}

/** Makes the index anew. Takes about two minutes for a million accounts. */
export async function rebuildParts(db: WriteHandle): Promise<void> {
  if (db.dialect !== 'postgres') return
  await db.run('DELETE FROM user_parts')
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
        const isFull = row !== undefined && row.entries.length * ENTRY_BYTES >= FULL_BYTES
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
    for (let i = 0; i < full.length; i += BATCH) await bulkInsert(db, APPEND, full.slice(i, i + BATCH))
    full = []
    if (isLast) return
    last = rows.at(-1)!.id
  }
}
