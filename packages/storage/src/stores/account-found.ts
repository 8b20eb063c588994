import type { ReadHandle } from '../db/types.ts'
import { kindCheck } from './account-filter.ts'
import { collectFound, countAmong, countById, countChecked } from './account-found-ids.ts'
import type { FoundMemo } from './account-found-memo.ts'
import { countAtMost, countGram } from './account-grams.ts'
import { type AccountGroup, allOf, groupsOf, type Population } from './account-groups.ts'
import type { AccountPage } from './account-list.ts'
import { type AccountList, accountList, isListed, orderClause } from './account-orders.ts'
import { both, type Condition, type FoundAccounts } from './account-search.ts'

/** SQLite: up to so many accounts found are held as a list of ids; more are soon met on a walk through an order. */
const MAX_HELD = 20_000
/** PostgreSQL: up to so many accounts that may be found are looked at. */
const MAX_SORTED = 100_000
/** SQLite: to look up an account found, and sort, costs so many times what it costs to pass one in the index of an order. */
const SORT_COST = 8

/** A text search among the accounts that pass a filter. */
export interface Search {
  found: FoundAccounts
  population: Population
  /** `undefined` within a transaction. */
  memo: FoundMemo | undefined
}

/** A page of what a text search finds: few are looked for in the order, many are met on a walk through it. */
export async function listFound(db: ReadHandle, search: Search, page: AccountPage): Promise<number[]> {
  const held = await hold(db, search)
  const ids: number[] = []
  let from = page.from
  for (const group of groupsOf(search.population, page.orderBy, page.dir)) {
    const missing = page.limit - ids.length
    if (missing <= 0) break
    if (group.accounts === 0) continue
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
  const { found, memo } = search
  if (group.accounts === 0) return 0
  // Who is an administrator may change by hand, and nobody hears of it: they are few, and each is looked at.
  if (group.admins === true) return countChecked(db, found, group)
  const everybody = { ...group, admins: undefined }
  const count =
    found.gram === undefined
      ? await remembered(db, memo, ['count', found.check, group.kinds], async () => {
          const ids = (await hold(db, search))?.ids
          return ids === undefined ? countMany(db, search, everybody) : countHeld(db, search, ids, everybody)
        })
      : await countGram(db, found.gram, group.kinds)
  if (group.admins === undefined || count === 0) return count
  return count - (await countChecked(db, found, { ...group, admins: true }))
}

/** All accounts found, of whatever kind, when they are not many. */
interface Held {
  /** On PostgreSQL there may be fewer. */
  size: number
  /** True of them and of no others. */
  condition: Condition
  ids: readonly number[] | undefined
}

async function hold(db: ReadHandle, { found, population, memo }: Search): Promise<Held | undefined> {
  const { gram, grams, check } = found
  const kinds = population.allKinds.map((kind) => kind.id)
  const total = gram === undefined ? undefined : await countGram(db, gram, kinds)
  if (db.dialect === 'postgres') {
    const size = total ?? (await countAtMost(db, grams, kinds))
    return size > MAX_SORTED ? undefined : { size, condition: check, ids: undefined }
  }
  if (total !== undefined && total > MAX_HELD) return undefined
  if (total === 0) return { size: 0, condition: check, ids: [] }
  const ids = await remembered(db, memo, ['held', check], () => collectFound(db, found, MAX_HELD))
  return ids && { size: ids.length, condition: { sql: '+id = ANY(?)', params: [ids] }, ids }
}

/** Looked up are those held, those who are of the kinds, or those who are not, whichever costs least. */
async function countHeld(
  db: ReadHandle,
  { population }: Search,
  held: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const others = othersOf(population, group)
  if (held.length === 0 || others.accounts === 0) return held.length
  if (held.length * SORT_COST < Math.min(others.accounts, group.accounts)) return countById(db, held, group)
  if (others.accounts > group.accounts) return countAmong(db, held, group)
  return held.length - (await countAmong(db, held, others))
}

async function countMany(
  db: ReadHandle,
  { found, population }: Search,
  group: AccountGroup,
): Promise<number> {
  const others = othersOf(population, group)
  if (!found.isExact || others.accounts > MAX_HELD) return countChecked(db, found, group)
  const sql = 'SELECT COUNT(*) AS n FROM users_search WHERE users_search MATCH ?'
  const inAllKinds = (await db.get<{ n: number }>(sql, found.match!))!.n
  return inAllKinds - (await countChecked(db, found, others))
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
  held: Held | undefined,
  group: AccountGroup,
  { orderBy, dir, from, limit }: AccountPage,
): Promise<number[]> {
  if (held?.size === 0) return []
  const list = isListed(orderBy) ? accountList(orderBy, dir) : accountList('name', 'f')
  const rows = await (held !== undefined && isSorted(db, search, held, from + limit)
    ? sort(db, list, group, held, { from, limit })
    : walk(db, list, group, held?.condition ?? search.found.check, { from, limit }))
  return rows.map((row) => row.id)
}

function isSorted(db: ReadHandle, { population }: Search, held: Held, wanted: number): boolean {
  // There the index of trigrams is walked anyway.
  if (db.dialect === 'postgres') return true
  const distance = population.total / held.size
  return wanted * distance > held.size * SORT_COST
}

type Part = Pick<AccountPage, 'from' | 'limit'>

function walk(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  condition: Condition,
  { from, limit }: Part,
): Promise<{ id: number }[]> {
  // What the index of the order knows is asked first; the ids of those found are fewer than any kind is likely to have.
  const ofGroup = kindCheck(db.dialect, group)
  const { sql, params } = condition.sql.startsWith('+id')
    ? both(condition, ofGroup)
    : both(ofGroup, condition)
  return db.all(
    `SELECT id FROM users WHERE ${sql} ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`,
    ...params,
    limit,
    from,
  )
}

function sort(
  db: ReadHandle,
  list: AccountList,
  group: AccountGroup,
  { condition, ids }: Held,
  { from, limit }: Part,
): Promise<{ id: number }[]> {
  const ofGroup = kindCheck(db.dialect, group)
  const order = `ORDER BY ${orderClause(list)} LIMIT ? OFFSET ?`
  if (ids !== undefined)
    // SQLite keeps to the order of a CROSS JOIN.
    return db.all(
      `SELECT users.id FROM json_each(?) AS found CROSS JOIN users ON users.id = found.value WHERE ${ofGroup.sql} ${order}`,
      JSON.stringify(ids),
      ...ofGroup.params,
      limit,
      from,
    )
  const { sql, params } = both(ofGroup, condition)
  const column = list.column === 'name' ? '' : `, ${list.column}`
  // Materialized, so that no planner walks the index of the order after all.
  return db.all(
    `WITH found AS MATERIALIZED (SELECT id, name${column} FROM users WHERE ${sql}) SELECT id FROM found ${order}`,
    ...params,
    limit,
    from,
  )
}

function remembered<Value>(
  db: ReadHandle,
  memo: FoundMemo | undefined,
  what: readonly unknown[],
  compute: () => Promise<Value>,
): Promise<Value> {
  return memo === undefined ? compute() : memo.get(db, JSON.stringify(what), compute)
}
