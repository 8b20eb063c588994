import type { ReadHandle, SqlValue } from '../../db/types.ts'
import { findBlock } from './blocks.ts'
import type { AccountGroup, Population } from './groups.ts'
import { type AccountList, keyOf, type ListedAccount, type Place } from './orders.ts'
import type { AccountPlaces } from './places.ts'

/** So many entries of an index are skipped faster than the blocks are added up. */
const SHORT_SKIP = 2_048
/** To find an account by its kind and sort it costs so many times what passing it in the index of the order does. */
const SORT_COST = { sqlite: 20, postgres: 5 }

/** Where a page of a group begins. */
export interface Begin {
  /** `undefined`: the beginning of the list. */
  place: Place | undefined
  /** How many accounts of the group are passed there. */
  skip: number
}

/** What is known of the list in which a page is. */
export interface ListAtMoment {
  list: AccountList
  population: Population
  places: AccountPlaces | undefined
}

/** Whether a page of the group is few among many: to walk the list would mostly pass others. */
export function isSparse(
  { dialect }: ReadHandle,
  { total }: Population,
  group: AccountGroup,
  { from, take }: { from: number; take: number },
): boolean {
  const accountsPerHit = total / group.accounts
  const walked = take * accountsPerHit + Math.min(from * accountsPerHit, SHORT_SKIP)
  return group.admins === true || group.accounts * SORT_COST[dialect] < walked
}

/** Where to begin for the account of the group of a rank, when no page has begun or ended there. */
export async function beginAt(
  db: ReadHandle,
  { list, population, places }: ListAtMoment,
  group: AccountGroup,
  rank: number,
): Promise<Begin> {
  if ((rank * population.total) / group.accounts <= SHORT_SKIP) return { place: undefined, skip: rank }
  const pieces = await places?.piecesOf(db, list, group, population)
  const { start, before } = await findBlock(db, list, group, rank, pieces)
  if (group.admins === undefined || start === undefined) return { place: start, skip: rank - before }
  // Blocks count administrators too; as many more are to be skipped, and they are few.
  const keys = await adminKeys(db, list, group.kinds)
  return { place: start, skip: rank - before + countBefore(list, keys, start) }
}

/** How many accounts the range of a list has, when it ended while they were passed: no more than were to be passed. */
export async function countRange(db: ReadHandle, sql: string, params: readonly SqlValue[]): Promise<number> {
  const counted = await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM users WHERE ${sql}`, ...params)
  return counted!.n
}

async function adminKeys(db: ReadHandle, list: AccountList, kinds: readonly number[]): Promise<Buffer[]> {
  const rows = await db.all<ListedAccount>(
    `SELECT name, displayname, avatar_url, creation_ts, last_seen_ts FROM users WHERE admin = 1 AND kind = ANY(?)`,
    kinds,
  )
  return rows.map((row) => keyOf(list, row))
}

function countBefore(list: AccountList, keys: readonly Buffer[], { value, name }: Place): number {
  const place = { displayname: null, avatar_url: null, creation_ts: 0, last_seen_ts: null, name }
  const start = keyOf(list, { ...place, [list.column]: value })
  return keys.filter((key) => Buffer.compare(key, start) < 0).length
}
