import type { ReadHandle } from '../../db/types.ts'
import { countGram } from '../account-names/grams.ts'
import type { FoundAccounts } from '../account-names/search.ts'
import { both } from '../lists/condition.ts'
import type { KnownAccounts } from './columns.ts'
import { kindCheck } from './filter.ts'
import { collectFound, countAdmins, countAmong, countById } from './found-ids.ts'
import { listKnown, ofAdmins, ofKinds } from './found-known.ts'
import type { AccountMemory } from './found-memo.ts'
import { type AccountGroup, allOf, groupsOf, type Population } from './groups.ts'
import type { ListedId, PageIds } from './ids.ts'
import type { AccountPage } from './list.ts'
import { accountList } from './orders.ts'
import { sortedFound } from './page.ts'

/** Up to so many accounts found are held as a list of ids; more are soon met on a walk through an order. */
const MAX_HELD = 20_000
/** One of so many accounts is soon met too. */
const SOON_MET = 20
/** To look up an account found, and sort, costs so many times what it costs to pass one in the index of an order. */
const SORT_COST = { sqlite: 8, postgres: 11 }
/** To pass an account on a walk and look into its names costs so many times what it costs to ask whether it is one of those held, for each of them. */
const LOOK_COST = 4
/** The same as to find one in the index. */
const WALK_COST = { sqlite: 40, postgres: 20 }
/** The same of one or two characters: hundreds of tokens begin with them, each with rows of its own. */
const WALK_COST_OF_SHORT = 6

/** A text search among the accounts that pass a filter. */
export interface Search {
  found: FoundAccounts
  population: Population
  /** `undefined` within a transaction. */
  memory: AccountMemory | undefined
}

/** What was found: how many, and the ids when they are not very many. */
interface Found {
  count: number
  ids: readonly number[] | undefined
}

/** The ids of a page of what a text search finds: few are looked for in the order, many are met on a walk through it. */
export async function listFound(
  db: ReadHandle,
  search: Search,
  page: AccountPage,
  found: PageIds,
): Promise<readonly ListedId[]> {
  const { ids: few, known, count } = await holdFor(db, search, page, found)
  if (count === 0) return []
  await search.memory?.giveWay() // to find thousands is a piece of work, to read a page of them another
  const listed: ListedId[] = []
  let from = page.from
  for (const group of groupsOf(search.population, page.orderBy, page.dir)) {
    const missing = page.limit - listed.length
    if (missing <= 0) break
    if (group.accounts === 0) continue
    const rest = { ...page, from, limit: missing }
    if (known !== undefined) {
      const own = await ofAdmins(db, await ofGroup(search, known, few!, group), group.admins)
      listed.push(...(await listKnown(known, own, rest, found)))
      from = Math.max(0, from - own.length)
      continue
    }
    const own = await listGroup(db, search, few, group, rest, found)
    listed.push(...own)
    if (own.length > 0) from = 0
    else if (from > 0) from = Math.max(0, from - (await countGroup(db, search, group)))
  }
  return listed
}

export function countFound(db: ReadHandle, search: Search): Promise<number> {
  return countGroup(db, search, allOf(search.population))
}

/** How many accounts of a group are found. */
async function countGroup(db: ReadHandle, search: Search, group: AccountGroup): Promise<number> {
  const { found } = search
  if (group.accounts === 0) return 0
  // Who is an administrator may change by hand, and nobody hears of it: they are few, and each is looked at.
  if (group.admins === true) return countAdmins(db, found, group)
  const everybody = { ...group, admins: undefined }
  const count =
    found.gram === undefined
      ? await remembered(search, ['count', group.kinds], async () =>
          countHeld(db, search, await collect(db, search), everybody),
        )
      : await countOfGram(db, search, found.gram, group.kinds)
  if (group.admins === undefined || count === 0) return count
  return count - (await countAdmins(db, found, group))
}

function countOfGram(
  db: ReadHandle,
  search: Search,
  gram: string,
  kinds: readonly number[],
): Promise<number> {
  return remembered(search, ['gram', kinds], () => countGram(db, gram, kinds))
}

/** How many accounts are found, of whatever kind, and who when they are not many. */
async function hold(db: ReadHandle, search: Search): Promise<Found> {
  const { found, population } = search
  if (found.gram !== undefined) {
    const kinds = population.allKinds.map((kind) => kind.id)
    const count = await countOfGram(db, search, found.gram, kinds)
    if (count === 0) return { count, ids: [] }
    if (count > MAX_HELD || count * SOON_MET > population.total) return { count, ids: undefined }
  }
  return remembered(search, ['held'], async () => {
    const ids = await collectFound(db, found)
    if (ids.length <= MAX_HELD) return { count: ids.length, ids }
    await rememberedMany(search, async () => ids)
    return { count: ids.length, ids: undefined }
  })
}

/** All accounts found, however many. */
async function collect(db: ReadHandle, search: Search): Promise<readonly number[]> {
  const { ids } = await hold(db, search)
  return ids ?? rememberedMany(search, () => collectFound(db, search.found))
}

/**
 * What a page is made of: the accounts found, when they are not very many, and what is known of them. Of very many all
 * are found when that takes less than to walk there, and something is known of them.
 */
async function holdFor(
  db: ReadHandle,
  search: Search,
  { from, limit }: AccountPage,
  { list }: PageIds,
): Promise<Found & { known?: KnownAccounts | undefined }> {
  const { found, memory, population } = search
  const held = await hold(db, search)
  if (memory === undefined || held.count === 0) return held
  const isShort = [...found.part].length < 3
  const cost = isShort ? WALK_COST_OF_SHORT : WALK_COST[db.dialect]
  const walk = (from + limit) * population.total * cost
  if (held.ids === undefined && held.count * held.count > walk) return held
  const known = await memory.columns.of(db, list, population, held.count)
  if (known === undefined) return held
  return { count: held.count, ids: held.ids ?? (await collect(db, search)), known }
}

/** Those found that are of the kinds of a group. To look at some thousand takes longer than to keep them for its next page. */
async function ofGroup(
  search: Search,
  known: KnownAccounts,
  ids: readonly number[],
  { kinds, isEveryKind }: AccountGroup,
): Promise<readonly number[]> {
  if (isEveryKind) return ids
  if (ids.length > MAX_HELD) return ofKinds(known, ids, kinds)
  return remembered(search, ['of', kinds], async () => ofKinds(known, ids, kinds))
}

/** Looked up are those held, those who are of the kinds, or those who are not, whichever costs least. */
async function countHeld(
  db: ReadHandle,
  search: Search,
  held: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const { memory, population } = search
  const others = othersOf(population, group)
  if (held.length === 0 || others.accounts === 0) return held.length
  const known = await memory?.columns.of(db, accountList('name', 'f'), population, held.length)
  if (known !== undefined) return (await ofGroup(search, known, held, group)).length
  if (held.length * SORT_COST[db.dialect] < Math.min(others.accounts, group.accounts))
    return countById(db, held, group)
  if (others.accounts > group.accounts) return countAmong(db, held, group)
  return held.length - (await countAmong(db, held, others))
}

/** The accounts that are of other kinds. */
function othersOf({ allKinds }: Population, group: AccountGroup): AccountGroup {
  const kinds = allKinds.filter((kind) => !group.kinds.includes(kind.id))
  const accounts = kinds.reduce((sum, kind) => sum + kind.accounts, 0)
  return { kinds: kinds.map((kind) => kind.id), isEveryKind: false, admins: undefined, accounts }
}

async function listGroup(
  db: ReadHandle,
  search: Search,
  held: readonly number[] | undefined,
  group: AccountGroup,
  { from: skip, limit: take }: AccountPage,
  page: PageIds,
): Promise<readonly ListedId[]> {
  const isOfGroup = kindCheck(db.dialect, group)
  const passed = held === undefined ? 0 : ((skip + take) * search.population.total) / held.length
  if (held === undefined || passed * LOOK_COST < held.length)
    return (await page.read({ ...both(isOfGroup, search.found.check), skip, take })).ids
  if (passed > held.length * SORT_COST[db.dialect]) return sortedFound(page, held, { skip, take }, isOfGroup)
  // The index of the order knows the id: it is asked first, because fewer have one of these than are of the kinds.
  const { sql, params } = isOfGroup
  return (await page.read({ sql: `+id = ANY(?) AND ${sql}`, params: [held, ...params], skip, take })).ids
}

function remembered<Value>(
  { found, population, memory }: Search,
  what: readonly unknown[],
  compute: () => Promise<Value>,
): Promise<Value> {
  if (memory === undefined) return compute()
  return memory.found.get(population.position, keyOf(found, what), compute)
}

const keyOf = ({ check }: FoundAccounts, what: readonly unknown[]) => JSON.stringify([...what, check])

/** Whether what is found is in memory. If not, to find it is most of the work, and not to be done for a moment that is over. */
export function isRemembered({ found, population, memory }: Search): boolean {
  const kinds = population.allKinds.map(({ id }) => id)
  const what = found.gram === undefined ? ['held'] : ['gram', kinds]
  return memory?.found.knows(population.position, keyOf(found, what)) === true
}

function rememberedMany<Value>(
  { found, population, memory }: Search,
  compute: () => Promise<Value>,
): Promise<Value> {
  return memory === undefined
    ? compute()
    : memory.many.get(population.position, JSON.stringify(found.check), compute)
}
