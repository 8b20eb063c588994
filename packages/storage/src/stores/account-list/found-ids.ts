import { setImmediate } from 'node:timers/promises'
import type { ReadHandle } from '../../db/types.ts'
import { findByPart, isLookedUp } from '../account-names/part-search.ts'
import type { FoundAccounts } from '../account-names/search.ts'
import { both } from '../lists/condition.ts'
import { kindCheck, kindCondition } from './filter.ts'
import type { AccountGroup } from './groups.ts'
import { byId } from './page.ts'

/** Between so many accounts others get their turn. */
const SLICE = 4_096

/** The ids of all accounts that are found, ascending. */
export async function collectFound(
  db: ReadHandle,
  { part, names, check }: FoundAccounts,
): Promise<readonly number[]> {
  const ids = await findByPart(db, part, names)
  if (isLookedUp(part)) return ids
  const found: number[] = []
  for (let i = 0; i < ids.length; i += SLICE) {
    const { from, ids: bound } = byId(db.dialect, ids.slice(i, i + SLICE))
    const sql = `SELECT users.id FROM ${from} ${check.sql}`
    for (const { id } of await db.all<{ id: number }>(sql, bound, ...check.params)) found.push(id)
    await setImmediate()
  }
  return found
}

/** How many administrators of these kinds are found, each one looked at. */
export async function countAdmins(
  db: ReadHandle,
  found: FoundAccounts,
  { kinds }: AccountGroup,
): Promise<number> {
  const { sql, params } = both(kindCondition({ kinds, isEveryKind: false, admins: true }), found.check)
  return (await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM users WHERE ${sql}`, ...params))!.n
}

/** How many of `ids` are accounts of the kinds of a group, which are passed in an index that holds the id. */
export async function countAmong(
  db: ReadHandle,
  ids: readonly number[],
  { kinds }: AccountGroup,
): Promise<number> {
  const sql = 'SELECT COUNT(*) AS n FROM users WHERE kind = ANY(?) AND +id = ANY(?)'
  return (await db.get<{ n: number }>(sql, kinds, ids))!.n
}

/** The same, each account looked up by its id. */
export async function countById(
  db: ReadHandle,
  ids: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const { sql, params } = kindCheck(db.dialect, group)
  const { from, ids: bound } = byId(db.dialect, ids)
  return (await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM ${from} ${sql}`, bound, ...params))!.n
}
