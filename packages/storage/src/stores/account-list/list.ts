import type { ReadHandle } from '../../db/types.ts'
import { type FoundAccounts, foundAccounts } from '../account-names/search.ts'
import type { AccountSummary } from '../accounts/types.ts'
import { findBlock } from './blocks.ts'
import { type AccountFilter, kindCheck, kindCondition } from './filter.ts'
import { countFound, listFound } from './found.ts'
import type { AccountMemory } from './found-memo.ts'
import { type AccountGroup, allOf, groupsOf, loadPopulation, type Population } from './groups.ts'
import {
  type AccountList,
  type AccountOrder,
  keyOf,
  type ListedAccount,
  listOf,
  orderClause,
  type Place,
  rangesFrom,
} from './orders.ts'
import { readPage } from './page.ts'

export interface AccountPage {
  orderBy: AccountOrder
  /** Direction of `orderBy`; accounts that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
  from: number
  limit: number
}

/** So many entries of an index are skipped faster than the blocks are added up. */
const SHORT_SKIP = 2_048
/** To find an account by its kind and sort it costs so many times what passing it in the index of the order does. */
const SORT_COST = { sqlite: 20, postgres: 5 }

/** What is asked for: who passes, and what their names have. */
interface Wanted {
  population: Population
  found: FoundAccounts | undefined
  memory: AccountMemory | undefined
}

async function loadWanted(
  db: ReadHandle,
  filter: AccountFilter,
  orderBy: AccountOrder,
  memory: AccountMemory | undefined,
): Promise<Wanted> {
  const population = await loadPopulation(db, filter, orderBy)
  return { population, found: foundAccounts(filter, await serverNameFor(db, filter)), memory }
}

/** A page of the accounts that pass the filter, and how many pass. */
export async function searchAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<{ accounts: AccountSummary[]; total: number }> {
  const wanted = await loadWanted(db, filter, page.orderBy, memory)
  const accounts = await listWanted(db, wanted, page)
  return { accounts, total: await countWanted(db, wanted) }
}

/**
 * A page of the accounts that pass the filter. Nulls come before values when ascending. The page costs the same
 * wherever it begins: the blocks of the list tell where, and the index is walked from there.
 */
export async function listAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<AccountSummary[]> {
  return listWanted(db, await loadWanted(db, filter, page.orderBy, memory), page)
}

/** How many accounts pass the filter. Without a text search this is a sum of kept counts. */
export async function countAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  memory?: AccountMemory,
): Promise<number> {
  return countWanted(db, await loadWanted(db, filter, 'name', memory))
}

async function listWanted(
  db: ReadHandle,
  { population, found, memory }: Wanted,
  page: AccountPage,
): Promise<AccountSummary[]> {
  await memory?.giveWay()
  if (found !== undefined) return listFound(db, { found, population, memory }, page)
  return listPopulation(db, population, page)
}

async function countWanted(db: ReadHandle, { population, found, memory }: Wanted): Promise<number> {
  if (found !== undefined) return countFound(db, { found, population, memory })
  return allOf(population).accounts
}

/** Every account here has the same one. Only searches by user id ask for it. */
export async function serverNameFor(db: ReadHandle, filter: AccountFilter): Promise<string> {
  if (filter.name !== undefined || filter.userId === undefined) return ''
  const row = await db.get<{ name: string }>('SELECT name FROM users ORDER BY name LIMIT 1')
  return row === undefined ? '' : row.name.slice(row.name.indexOf(':') + 1)
}

/** The page's accounts, group after group. */
async function listPopulation(
  db: ReadHandle,
  population: Population,
  page: AccountPage,
): Promise<AccountSummary[]> {
  const list = listOf(page.orderBy, page.dir)
  const accounts: AccountSummary[] = []
  let from = page.from
  for (const group of groupsOf(population, page.orderBy, page.dir)) {
    const missing = page.limit - accounts.length
    if (missing <= 0) break
    // Never more than there are: looking for another one would walk the list to its end.
    const take = Math.min(missing, group.accounts - from)
    if (take > 0) accounts.push(...(await listGroup(db, list, group, from, take, population.total)))
    from = Math.max(0, from - group.accounts)
  }
  return accounts
}

async function listGroup(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  from: number,
  take: number,
  total: number,
): Promise<AccountSummary[]> {
  const accountsPerHit = total / group.accounts
  const skipped = from * accountsPerHit
  // Few among many: walking the list would mostly pass others.
  const walked = take * accountsPerHit + Math.min(skipped, SHORT_SKIP)
  if (group.admins === true || group.accounts * SORT_COST[db.dialect] < walked)
    return sortGroup(db, list, group, from, take)
  if (skipped <= SHORT_SKIP) return walkGroup(db, list, group, undefined, from, take)
  const { start, skip } = await placeOfRank(db, list, group, from)
  return walkGroup(db, list, group, start, skip, take)
}

/** Where to begin, and how many accounts of the group to skip there. */
async function placeOfRank(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  rank: number,
): Promise<{ start: Place | undefined; skip: number }> {
  const { start, before } = await findBlock(db, list, group, rank)
  if (group.admins === undefined || start === undefined) return { start, skip: rank - before }
  // Blocks count administrators too; as many more are to be skipped, and they are few.
  const keys = await adminKeys(db, list, group.kinds)
  return { start, skip: rank - before + countBefore(keys, list, start) }
}

async function adminKeys(db: ReadHandle, list: AccountList, kinds: readonly number[]): Promise<Buffer[]> {
  const rows = await db.all<ListedAccount>(
    `SELECT name, displayname, avatar_url, creation_ts, last_seen_ts FROM users WHERE admin = 1 AND kind = ANY(?)`,
    kinds,
  )
  return rows.map((row) => keyOf(list, row))
}

function countBefore(keys: readonly Buffer[], list: AccountList, { value, name }: Place): number {
  const place = { displayname: null, avatar_url: null, creation_ts: 0, last_seen_ts: null, name }
  const start = keyOf(list, { ...place, [list.column]: value })
  return keys.filter((key) => Buffer.compare(key, start) < 0).length
}

async function walkGroup(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  start: Place | undefined,
  skip: number,
  take: number,
): Promise<AccountSummary[]> {
  const condition = kindCheck(db.dialect, group)
  const accounts: AccountSummary[] = []
  let left = skip
  for (const range of rangesFrom(list, start)) {
    const where = `FROM users WHERE ${range.sql} AND ${condition.sql}`
    const params = [...range.params, ...condition.params]
    const sql = `SELECT id ${where} ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
    accounts.push(...(await readPage(db, list, { sql, params: [...params, take - accounts.length, left] })))
    if (accounts.length === take) break
    if (accounts.length > 0) left = 0
    else if (left > 0) {
      // The range ended while skipping, so it is no longer than what was to be skipped.
      const counted = await db.get<{ n: number }>(`SELECT COUNT(*) AS n ${where}`, ...params)
      left = Math.max(0, left - counted!.n)
    }
  }
  return accounts
}

async function sortGroup(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  from: number,
  take: number,
): Promise<AccountSummary[]> {
  const { sql, params } = kindCondition(group)
  const column = list.column === 'name' ? '' : `, ${list.column}`
  // Materialized, so that no planner walks the index of the order after all.
  const page = `WITH found AS MATERIALIZED (SELECT id, name${column} FROM users WHERE ${sql})
     SELECT id FROM found ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  return readPage(db, list, { sql: page, params: [...params, take, from] })
}
