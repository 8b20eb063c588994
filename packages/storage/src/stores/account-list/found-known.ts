import type { ReadHandle } from '../../db/types.ts'
import type { KnownAccounts } from './columns.ts'
import type { ListedId, PageIds } from './ids.ts'
import type { AccountPage } from './list.ts'
import { sortedFound } from './page.ts'

/** What a code of a kind may be. */
const CODES = 65_536

/** Those of `ids` that are accounts of these kinds. */
export function ofKinds(
  { kinds: codes }: KnownAccounts,
  ids: readonly number[],
  kinds: readonly number[],
): readonly number[] {
  const isOfKinds = new Uint8Array(CODES)
  for (const kind of kinds) isOfKinds[kind + 1] = 1
  const own: number[] = []
  for (const id of ids) if (isOfKinds[codes[id]!] === 1) own.push(id)
  return own
}

/** Those of `ids` that are administrators, or are not. Asked each time: the flag may be changed by hand. */
export async function ofAdmins(
  db: ReadHandle,
  ids: readonly number[],
  admins: boolean | undefined,
): Promise<readonly number[]> {
  if (admins === undefined) return ids
  const rows = await db.all<{ id: number }>('SELECT id FROM users WHERE admin = 1')
  const administrators = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => administrators.has(id) === admins)
}

/** The ids of a page: those in the pieces of the list that it touches are looked up and sorted. */
export async function listKnown(
  { pieces, codes }: KnownAccounts,
  ids: readonly number[],
  { from, limit }: AccountPage,
  page: PageIds,
): Promise<readonly ListedId[]> {
  if (from >= ids.length) return []
  const sizes = new Uint32Array(pieces)
  const pieceOf = new Uint16Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    const piece = codes[ids[i]!] ?? 0
    pieceOf[i] = piece
    sizes[piece]!++
  }
  let first = 0
  let before = 0
  while (before + sizes[first]! <= from) before += sizes[first++]!
  let end = first
  let seen = before
  while (end < pieces && seen < from + limit) seen += sizes[end++]!
  const touched = ids.filter((_, i) => pieceOf[i]! >= first && pieceOf[i]! < end)
  return sortedFound(page, touched, { skip: from - before, take: limit })
}
