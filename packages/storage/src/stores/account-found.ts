import type { ReadHandle } from '../db/types.ts'
import type { KnownAccounts } from './account-columns.ts'
import { kindCheck } from './account-filter.ts'
import { collectFound, countAmong, countById, countChecked, sortById } from './account-found-ids.ts'
import { listKnown, ofGroup } from './account-found-known.ts'
import type { AccountMemory } from './account-found-memo.ts'
import { countGram } from './account-grams.ts'
import { type AccountGroup, allOf, groupsOf, type Population } from './account-groups.ts'
import type { AccountPage } from './account-list.ts'
import { type AccountList, accountList, isListed, orderClause } from './account-orders.ts'
import { both, type FoundAccounts } from './account-search.ts'

/** Up to so many accounts found are held as a list of ids; more are soon met on a walk through an order. */
const MAX_HELD = 20_000
/** One of so many accounts is soon met too. */
const SOON_MET = 20
/** To look up an account found, and sort, costs so many times what it costs to pass one in the index of an order. */
const SORT_COST = { sqlite: 8, postgres: 11 }
/** To pass an account on a walk and look into its names costs so many times what it costs to find one in the index. */
const WALK_COST = 6
/** More than there are accounts. */
const MANY = 1_000_000_000

/** A text search among the accounts that pass a filter. */
export interface Search {
  found: FoundAccounts
  population: Population
  /** `undefined` within a transaction. */
  memory: AccountMemory | undefined
}

/** A page of what a text search finds: few are looked for in the order, many are met on a walk through it. */
export async function listFound(db: ReadHandle, search: Search, page: AccountPage): Promise<number[]> {
  const few = await hold(db, search)
  if (few?.length === 0) return []
  const { known, held = few } =
    few === undefined ? await holdMany(db, search, page) : await knownOf(db, search, page, few)
  const ids: number[] = []
  let from = page.from
  for (const group of groupsOf(search.population, page.orderBy, page.dir)) {
    const missing = page.limit - ids.length
    if (missing <= 0) break
    if (group.accounts === 0) continue
    if (known !== undefined) {
      const own = await ofGroup(db, known, held!, group)
      ids.push(...(await listKnown(db, known, own, { ...page, from, limit: missing })))
      from = Math.max(0, from - own.length)
      continue
    }
    const passed = ids.length
    ids.push(...(await listGroup(db, search, held, group, { ...page, from, limit: missing })))
    if (ids.length > passed) from = 0
    else if (from > 0) from = Math.max(0, from - (await countGroup(db, search, group)))
  }
  return ids
}

export function countFound(db: ReadHandle, search: Search): Promise<number> {
  return countGroup(db, search, allOf(search.population))
}

/** How many accounts of a group are found. */
async function countGroup(db: ReadHandle, search: Search, group: AccountGroup): Promise<number> {
  const { found, memory } = search
  if (group.accounts === 0) return 0
  // Who is an administrator may change by hand, and nobody hears of it: they are few, and each is looked at.
  if (group.admins === true) return countChecked(db, found, group)
  const everybody = { ...group, admins: undefined }
  const count =
    found.gram === undefined
      ? await remembered(db, memory, ['count', found.check, group.kinds], async () => {
          const ids =
            (await hold(db, search)) ?? (found.isExact ? await collectFound(db, found, MANY) : undefined)
          return ids === undefined
            ? countChecked(db, found, everybody)
            : countHeld(db, search, ids, everybody)
        })
      : await countGram(db, found.gram, group.kinds)
  if (group.admins === undefined || count === 0) return count
  return count - (await countChecked(db, found, { ...group, admins: true }))
}

/** All accounts found, of whatever kind, when they are not many. */
async function hold(db: ReadHandle, { found, population, memory }: Search): Promise<number[] | undefined> {
  if (found.gram !== undefined) {
    const kinds = population.allKinds.map((kind) => kind.id)
    const total = await countGram(db, found.gram, kinds)
    if (total > MAX_HELD || total * SOON_MET > population.total) return undefined
    if (total === 0) return []
  }
  return remembered(db, memory, ['held', found.check], () => collectFound(db, found, MAX_HELD))
}

interface Held {
  held?: readonly number[]
  known?: KnownAccounts | undefined
}

async function knownOf(
  db: ReadHandle,
  { memory, population }: Search,
  page: AccountPage,
  held: readonly number[],
): Promise<Held> {
  return { held, known: await memory?.columns.of(db, listOf(page), population, held.length) }
}

/** Far down among very many it takes less to find all of them than to walk there, when something is known of them. */
async function holdMany(db: ReadHandle, search: Search, page: AccountPage): Promise<Held> {
  const { found, memory, population } = search
  if (memory === undefined || !found.isExact || page.from < page.limit) return {}
  const everybody = { kinds: population.allKinds.map(({ id }) => id), isEveryKind: true, admins: undefined }
  const count = await countGroup(db, search, { ...everybody, accounts: population.total })
  if (count * count > (page.from + page.limit) * population.total * WALK_COST) return {}
  const known = await memory.columns.of(db, listOf(page), population, count)
  if (known === undefined) return {}
  const find = () => collectFound(db, found, MANY)
  const held = await memory.many.get(db, JSON.stringify(found.check), find)
  return held === undefined ? {} : { held, known }
}

/** Looked up are those held, those who are of the kinds, or those who are not, whichever costs least. */
async function countHeld(
  db: ReadHandle,
  { memory, population }: Search,
  held: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const others = othersOf(population, group)
  if (held.length === 0 || others.accounts === 0) return held.length
  const known = await memory?.columns.of(db, accountList('name', 'f'), population, held.length)
  if (known !== undefined) return (await ofGroup(db, known, held, group)).length
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

/** The list in whose order the accounts of each group go. */
function listOf({ orderBy, dir }: AccountPage): AccountList {
  return isListed(orderBy) ? accountList(orderBy, dir) : accountList('name', 'f')
}

async function listGroup(
  db: ReadHandle,
  search: Search,
  held: readonly number[] | undefined,
  group: AccountGroup,
  page: AccountPage,
): Promise<number[]> {
  const { from, limit } = page
  const list = listOf(page)
  const isOfGroup = kindCheck(db.dialect, group)
  const order = `ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  const ids = (rows: { id: number }[]) => rows.map(({ id }) => id)
  if (held === undefined) {
    const { sql, params } = both(isOfGroup, search.found.check)
    return ids(await db.all(`SELECT id FROM users WHERE ${sql} ${order}`, ...params, limit, from))
  }
  const distance = search.population.total / held.length
  if ((from + limit) * distance > held.length * SORT_COST[db.dialect])
    return sortById(db, list, held, isOfGroup, { from, limit })
  // The index of the order knows the id: it is asked first, because fewer have one of these than are of the kinds.
  const sql = `SELECT id FROM users WHERE +id = ANY(?) AND ${isOfGroup.sql} ${order}`
  return ids(await db.all(sql, held, ...isOfGroup.params, limit, from))
}

function remembered<Value>(
  db: ReadHandle,
  memory: AccountMemory | undefined,
  what: readonly unknown[],
  compute: () => Promise<Value>,
): Promise<Value> {
  return memory === undefined ? compute() : memory.found.get(db, JSON.stringify(what), compute)
}
