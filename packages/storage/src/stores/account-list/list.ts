import type { ReadHandle } from '../../db/types.ts'
import { foundAccounts } from '../account-names/search.ts'
import type { AccountSummary } from '../accounts/types.ts'
import type { AccountFilter } from './filter.ts'
import { countFound, listFound, type Search } from './found.ts'
import type { AccountMemory } from './found-memo.ts'
import {
  allOf,
  groupsOf,
  type Kinds,
  loadKinds,
  loadPopulation,
  type Moment,
  type Population,
  populationOf,
} from './groups.ts'
import type { ListedId } from './ids.ts'
import { type AccountOrder, listOf } from './orders.ts'
import { readSummaries } from './page.ts'
import type { AccountPlaces } from './places.ts'
import { Walk } from './walk.ts'

export interface AccountPage {
  orderBy: AccountOrder
  /** Direction of `orderBy`; accounts that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
  from: number
  limit: number
}

/** Who is on a page: those found by a text search are read at once, others are known by their ids. */
export interface FoundPage extends Moment {
  /** How many pass the filter. */
  total: number
  /** How many accounts there are. */
  all: number
  page: { accounts: readonly AccountSummary[] } | { ids: readonly ListedId[] }
}

/** Who is on a page of the accounts that pass the filter, and how many pass. */
export async function findAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<FoundPage> {
  const search = await searchFor(db, filter, page, memory)
  if (search === undefined) return listIds(db, filter, page, memory)
  const { total: all, position, moved } = search.population
  const accounts = await listFound(db, search, page)
  return { page: { accounts }, total: await countFound(db, search), all, position, moved }
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
  const search = await searchFor(db, filter, page, memory)
  if (search !== undefined) return listFound(db, search, page)
  const { ids } = await listIds(db, filter, page, memory)
  return readSummaries(db, ids)
}

/** A page of the accounts that pass the filter, and how many pass. */
export async function searchAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  wanted: AccountPage,
  memory?: AccountMemory,
): Promise<{ accounts: readonly AccountSummary[]; total: number }> {
  const { page, total } = await findAccounts(db, filter, wanted, memory)
  if ('accounts' in page) return { accounts: page.accounts, total }
  return { accounts: await readSummaries(db, page.ids), total }
}

/** How many accounts pass the filter. Without a text search this is a sum of kept counts. */
export async function countAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  memory?: AccountMemory,
): Promise<number> {
  const population = await loadPopulation(db, filter, 'name')
  const found = foundAccounts(filter, await serverNameFor(db, filter))
  if (found !== undefined) return countFound(db, { found, population, memory })
  return allOf(population).accounts
}

/** `undefined`: no text is searched for. */
async function searchFor(
  db: ReadHandle,
  filter: AccountFilter,
  { orderBy }: AccountPage,
  memory: AccountMemory | undefined,
): Promise<Search | undefined> {
  const found = foundAccounts(filter, await serverNameFor(db, filter))
  if (found === undefined) return undefined
  const population = await loadPopulation(db, filter, orderBy)
  await memory?.giveWay()
  return { found, population, memory }
}

/** Every account here has the same one. Only searches by user id ask for it. */
export async function serverNameFor(db: ReadHandle, filter: AccountFilter): Promise<string> {
  if (filter.name !== undefined || filter.userId === undefined) return ''
  const row = await db.get<{ name: string }>('SELECT name FROM users ORDER BY name LIMIT 1')
  return row === undefined ? '' : row.name.slice(row.name.indexOf(':') + 1)
}

interface IdsPage extends FoundPage {
  ids: readonly ListedId[]
}

/**
 * Kinds and places are taken from memory. Each statement tells of which moment it is: if that is another one, the page is found
 * anew.
 */
async function listIds(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory: AccountMemory | undefined,
): Promise<IdsPage> {
  const places = memory?.places
  if (places?.kinds !== undefined) {
    const found = await walkKinds(db, places.kinds, { filter, page, places })
    if (found !== undefined) return found
  }
  const kinds = await loadKinds(db)
  if (places !== undefined) places.kinds = kinds
  return (await walkKinds(db, kinds, { filter, page, places, isFresh: true }))!
}

/** `undefined`: the kinds are not of now, or nothing tells whether they are. */
async function walkKinds(
  db: ReadHandle,
  kinds: Kinds,
  {
    filter,
    page,
    places,
    isFresh = false,
  }: { filter: AccountFilter; page: AccountPage; places: AccountPlaces | undefined; isFresh?: boolean },
): Promise<IdsPage | undefined> {
  const population = await populationOf(db, kinds, filter, page.orderBy)
  const walk = new Walk(db, population, { list: listOf(page.orderBy, page.dir), places })
  await walkGroups(walk, population, page)
  if (!isFresh && !walk.isOfMoment) return undefined
  const { ids } = walk
  const { total: all, position, moved } = population
  return { ids, page: { ids }, total: allOf(population).accounts, all, position, moved }
}

/** The page's accounts, group after group. */
async function walkGroups(walk: Walk, population: Population, page: AccountPage): Promise<void> {
  let { from } = page
  for (const group of groupsOf(population, page.orderBy, page.dir)) {
    const missing = page.limit - walk.ids.length
    if (missing <= 0) break
    // Never more than there are: looking for another one would walk the list to its end.
    const take = Math.min(missing, group.accounts - from)
    if (take > 0) await walk.group(group, from, take)
    from = Math.max(0, from - group.accounts)
  }
}
