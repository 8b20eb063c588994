import type { ReadHandle } from '../../db/types.ts'
import { ENTRY_BYTES, OF_DISPLAYNAME, PLACES, TOKEN } from './windows.ts'

/** Finds parts of names by the index of `parts.ts`. */

/** So much of a long part is looked for: what has it is then checked. */
const MAX_LOOKED_UP = 32
/** No character comes after it. */
const LAST = '\u{10ffff}'.repeat(TOKEN)

/** Where a part is looked for. */
export type Names = 'both' | 'localpart'

/** Whether {@link findByPart} finds those alone that have the part. */
export const isLookedUp = (part: string) => [...part.slice(0, 2 * MAX_LOOKED_UP + 1)].length <= MAX_LOOKED_UP

/** The ids of all accounts that have this part in these names, ascending; of one longer than `MAX_LOOKED_UP` there may be others. */
export async function findByPart(db: ReadHandle, part: string, names: Names): Promise<number[]> {
  const characters = [...part].slice(0, MAX_LOOKED_UP)
  const places =
    characters.length < TOKEN ? await beginningWith(db, part) : await beginningsOf(db, characters)
  return accountsAt(places, names === 'both' ? PLACES : OF_DISPLAYNAME)
}

/** The accounts of ascending places that are before `end` in their names. */
function accountsAt(places: Float64Array, end: number): number[] {
  const ids: number[] = []
  let next = 0 // the first place of the next account
  for (const place of places) {
    if (place < next) continue
    const id = Math.floor(place / PLACES)
    const first = id * PLACES
    if (place >= first + end) continue
    ids.push(id)
    next = first + PLACES
  }
  return ids
}

interface PartRow {
  piece: number
  entries: Uint8Array
}

/**
 * Where tokens are that begin with a short part, ascending. A place is that of the account and of the character in its
 * names.
 */
async function beginningWith(db: ReadHandle, part: string): Promise<Float64Array> {
  const rows = await db.all<PartRow>(
    'SELECT piece, entries FROM user_parts WHERE gram >= ? AND gram <= ?',
    part,
    part + LAST,
  )
  return placesOf(rows, 0).sort()
}

/** Where the tokens of a part stand in its order, ascending. Those that overlap say nothing new. */
async function beginningsOf(db: ReadHandle, characters: readonly string[]): Promise<Float64Array> {
  const last = characters.length - TOKEN
  const offsets = Array.from({ length: Math.ceil(last / TOKEN) }, (_, i) => i * TOKEN).concat(last)
  const tokens = offsets.map((offset) => characters.slice(offset, offset + TOKEN).join(''))
  const rows = await db.all<PartRow & { gram: string }>(
    'SELECT gram, piece, entries FROM user_parts WHERE gram = ANY(?)',
    tokens,
  )
  const byGram = Map.groupBy(
    rows.sort((a, b) => a.piece - b.piece),
    (row) => row.gram,
  )
  const lists = offsets.map((offset, i) => placesOf(byGram.get(tokens[i]!) ?? [], offset))
  lists.sort((a, b) => a.length - b.length)
  return lists.reduce(inBoth)
}

/** The entries of rows as places, each so many characters before: where the part would begin. */
function placesOf(rows: readonly PartRow[], offset: number): Float64Array {
  let bytes = 0
  for (const { entries } of rows) bytes += entries.length
  const places = new Float64Array(bytes / ENTRY_BYTES)
  let count = 0
  for (const row of rows) {
    const first = row.piece * PLACES - offset
    const { entries } = row
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      const entry = (entries[at]! << 16) | (entries[at + 1]! << 8) | entries[at + 2]!
      places[count] = first + entry
      // No name reaches before its beginning. Written so that nothing is to be guessed: it is a matter of chance.
      count += (entry & (OF_DISPLAYNAME - 1)) >= offset ? 1 : 0
    }
  }
  return places.subarray(0, count)
}

/** What two ascending lists have in common. */
function inBoth(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(Math.min(a.length, b.length))
  let count = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i]!
    const y = b[j]!
    if (x === y) both[count++] = x
    i += x <= y ? 1 : 0
    j += y <= x ? 1 : 0
  }
  return both.subarray(0, count)
}
