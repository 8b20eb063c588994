import type { ReadHandle } from '../../db/types.ts'
import { type FoundAccounts, foundAccounts } from '../account-names/search.ts'
import type { AccountSummary } from '../accounts/types.ts'
import type { AccountFilter } from './filter.ts'
import { countFound, isRemembered, listFound } from './found.ts'
import type { AccountMemory } from './found-memo.ts'
import {
  type AccountGroup,
  allOf,
  groupsOf,
  loadKinds,
  loadPopulation,
  type Moment,
  type Population,
  populationOf,
} from './groups.ts'
import { type ListedId, PageIds } from './ids.ts'
import { type AccountOrder, listOf } from './orders.ts'
import { readSummaries } from './page.ts'
import { Walk } from './walk.ts'

export interface AccountPage {
  orderBy: AccountOrder
  /** Direction of `orderBy`; accounts that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
  from: number
  limit: number
}

/** Who is on a page. */
export interface FoundPage extends Moment {
  /** How many pass the filter. */
  total: number
  /** How many accounts there are. */
  all: number
  ids: readonly ListedId[]
}

/** What is read of a population. */
export interface Wanted {
  page: AccountPage
  /** `undefined` when no text is searched for. */
  text: FoundAccounts | undefined
  memory: AccountMemory | undefined
}

/** Reads a page, and sees whether all of it is of the moment of the population. */
export type ReadPage<Page> = (
  population: Population,
  wanted: Wanted,
) => Promise<Page & { isOfMoment: boolean }>

/**
 * Who is on a page of the accounts that pass the filter, and how many pass. Nulls come before values when ascending.
 */
export function findAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<FoundPage> {
  return ofMoment(db, filter, { page, memory }, (population, wanted) => findAmong(db, population, wanted))
}

/**
 * What is read of a page of the accounts that pass the filter. Kinds, places and what searches found are taken from memory;
 * each statement tells of which moment it is: if that is another one, the page is read anew.
 */
export async function ofMoment<Page>(
  db: ReadHandle,
  filter: AccountFilter,
  { page, memory }: Omit<Wanted, 'text'>,
  read: ReadPage<Page>,
): Promise<Page> {
  const text = foundAccounts(filter, await serverNameFor(db, filter, memory))
  const wanted = { page, text, memory }
  const places = memory?.places
  if (places?.kinds !== undefined) {
    const { kinds, administrators } = places
    const population = await populationOf(db, kinds, filter, page.orderBy, administrators)
    places.administrators ??= population.administrators
    if (text === undefined || isRemembered({ found: text, population, memory })) {
      const found = await read(population, wanted)
      if (found.isOfMoment) return found
    }
  }
  const kinds = await loadKinds(db)
  const population = await populationOf(db, kinds, filter, page.orderBy)
  if (places !== undefined) {
    places.kinds = kinds
    places.administrators = population.administrators ?? places.administrators
  }
  return read(population, wanted)
}

/** A page of the accounts that pass the filter. */
export async function listAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<AccountSummary[]> {
  const { ids } = await findAccounts(db, filter, page, memory)
  return readSummaries(db, ids)
}

/** A page of the accounts that pass the filter, and how many pass. */
export async function searchAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
  memory?: AccountMemory,
): Promise<{ accounts: readonly AccountSummary[]; total: number }> {
  const { ids, total } = await findAccounts(db, filter, page, memory)
  return { accounts: await readSummaries(db, ids), total }
}

/** How many accounts pass the filter. Without a text search this is a sum of kept counts. */
export async function countAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  memory?: AccountMemory,
): Promise<number> {
  const population = await loadPopulation(db, filter, 'name')
  const found = foundAccounts(filter, await serverNameFor(db, filter, memory))
  if (found !== undefined) return countFound(db, { found, population, memory })
  return allOf(population).accounts
}

/** Every account here has the same one. Only searches by user id ask for it. */
export async function serverNameFor(
  db: ReadHandle,
  filter: AccountFilter,
  memory?: AccountMemory,
): Promise<string> {
  if (filter.name !== undefined || filter.userId === undefined) return ''
  if (memory?.serverName !== undefined) return memory.serverName
  const row = await db.get<{ name: string }>('SELECT name FROM users ORDER BY name LIMIT 1')
  if (row === undefined) return ''
  const serverName = row.name.slice(row.name.indexOf(':') + 1)
  if (memory !== undefined) memory.serverName = serverName
  return serverName
}

/** A page of the accounts of a population, and whether all that was read of it is of the population's moment. */
export async function findAmong(
  db: ReadHandle,
  population: Population,
  { page, text, memory }: Wanted,
): Promise<FoundPage & { isOfMoment: boolean }> {
  const ids = new PageIds(db, population, listOf(page.orderBy, page.dir))
  const { total: all, position, moved } = population
  const rest = { all, position, moved }
  if (text === undefined) {
    const walk = new Walk(db, population, { page: ids, places: memory?.places })
    const listed = await walkGroups(walk, population, page)
    return { ids: listed, total: allOf(population).accounts, isOfMoment: ids.isOfMoment, ...rest }
  }
  await memory?.giveWay()
  const search = { found: text, population, memory }
  const listed = await listFound(db, search, page, ids)
  return { ids: listed, total: await countFound(db, search), isOfMoment: ids.isOfMoment, ...rest }
}

/** The page's accounts, group after group. How many of each is known before, so they are asked for together. */
export async function walkGroups<Part>(
  walk: { group(group: AccountGroup, from: number, take: number): Promise<readonly Part[]> },
  population: Population,
  page: AccountPage,
): Promise<Part[]> {
  let { from, limit: missing } = page
  const parts: Promise<readonly Part[]>[] = []
  for (const group of groupsOf(population, page.orderBy, page.dir)) {
    if (missing <= 0) break
    // Never more than there are: looking for another one would walk the list to its end.
    const take = Math.min(missing, group.accounts - from)
    if (take > 0) {
      parts.push(walk.group(group, from, take))
      missing -= take
    }
    from = Math.max(0, from - group.accounts)
  }
  return (await Promise.all(parts)).flat()
}
