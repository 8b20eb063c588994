import type { ReadHandle } from '../db/types.ts'
import type { KnownAccounts } from './account-columns.ts'
import { sortById } from './account-found-ids.ts'
import type { AccountGroup } from './account-groups.ts'
import type { AccountPage } from './account-list.ts'
import { accountList, isListed } from './account-orders.ts'

const EVERYBODY = { sql: '1 = 1', params: [] }

/** Those of `ids` that are accounts of a group. */
export async function ofGroup(
  db: ReadHandle,
  known: KnownAccounts,
  ids: readonly number[],
  { kinds, isEveryKind, admins }: AccountGroup,
): Promise<readonly number[]> {
  if (isEveryKind && admins === undefined) return ids
  const isOfKinds: boolean[] = []
  for (const kind of kinds) isOfKinds[kind] = true
  const own = ids.filter((id) => isOfKinds[known.kindOf(id) ?? -1] === true)
  if (admins === undefined) return own
  // Asked each time: the flag may be changed by hand.
  const rows = await db.all<{ id: number }>('SELECT id FROM users WHERE admin = 1')
  const administrators = new Set(rows.map(({ id }) => id))
  return own.filter((id) => administrators.has(id) === admins)
}

/** A page of accounts: those in the pieces of the list that it touches are read and sorted. */
export async function listKnown(
  db: ReadHandle,
  { pieces, pieceOf }: KnownAccounts,
  ids: readonly number[],
  { orderBy, dir, from, limit }: AccountPage,
): Promise<number[]> {
  if (from >= ids.length) return []
  const sizes = new Uint32Array(pieces)
  for (const id of ids) sizes[pieceOf(id)]!++
  let first = 0
  let before = 0
  while (before + sizes[first]! <= from) before += sizes[first++]!
  let end = first
  let seen = before
  while (end < pieces && seen < from + limit) seen += sizes[end++]!
  const touched = ids.filter((id) => pieceOf(id) >= first && pieceOf(id) < end)
  const list = isListed(orderBy) ? accountList(orderBy, dir) : accountList('name', 'f')
  return sortById(db, list, touched, EVERYBODY, { from: from - before, limit })
}
