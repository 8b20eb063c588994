import { setImmediate } from 'node:timers/promises'
import type { ReadHandle, SqlValue } from '../db/types.ts'
import { kindCheck, kindCondition } from './account-filter.ts'
import type { AccountGroup } from './account-groups.ts'
import { both, type Condition, type FoundAccounts } from './account-search.ts'

/** SQLite answers in our thread: between so many accounts others get their turn. */
const SLICE = 4_096

/** SQLite: the ids of all accounts that are found, ascending; `undefined` when there are more than `max`. */
export async function collectFound(
  db: ReadHandle,
  found: FoundAccounts,
  max: number,
): Promise<number[] | undefined> {
  const ids: number[] = []
  if (found.isExact) {
    const sql = `SELECT json_group_array(id) AS ids FROM (SELECT rowid AS id FROM users_search WHERE users_search MATCH ?
      ORDER BY rowid LIMIT ?)`
    const row = await db.get<{ ids: string }>(sql, found.match!, max + 1)
    ids.push(...(JSON.parse(row!.ids) as number[]))
  } else {
    for await (const hits of slices<string>(
      db,
      found,
      found.check,
      'json_group_array(id) FILTER (WHERE hit)',
    )) {
      ids.push(...(JSON.parse(hits) as number[]))
      if (ids.length > max) return undefined
    }
  }
  return ids.length > max ? undefined : ids
}

/** How many accounts of a group are found, each one looked at. */
export async function countChecked(
  db: ReadHandle,
  found: FoundAccounts,
  group: AccountGroup,
): Promise<number> {
  if (group.accounts === 0) return 0
  const isFew = group.accounts <= SLICE || group.admins === true
  const condition = both(isFew ? kindCondition(group) : kindCheck(db.dialect, group), found.check)
  if (isFew || db.dialect === 'postgres') {
    const sql = `SELECT COUNT(*) AS n FROM users WHERE ${condition.sql}`
    return (await db.get<{ n: number }>(sql, ...condition.params))!.n
  }
  let count = 0
  for await (const hits of slices<number>(db, found, condition, 'COUNT(CASE WHEN hit THEN 1 END)'))
    count += hits
  return count
}

/** SQLite: how many of `ids` are accounts of the kinds of a group, which are passed in an index that holds the id. */
export async function countAmong(
  db: ReadHandle,
  ids: readonly number[],
  { kinds }: AccountGroup,
): Promise<number> {
  const sql = 'SELECT COUNT(*) AS n FROM users WHERE kind = ANY(?) AND +id = ANY(?)'
  return (await db.get<{ n: number }>(sql, kinds, ids))!.n
}

/** SQLite: the same, each account looked up by its id. */
export async function countById(
  db: ReadHandle,
  ids: readonly number[],
  group: AccountGroup,
): Promise<number> {
  const { sql, params } = kindCheck(db.dialect, group)
  const row = await db.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM json_each(?) AS found CROSS JOIN users ON users.id = found.value WHERE ${sql}`,
    JSON.stringify(ids),
    ...params,
  )
  return row!.n
}

/** SQLite: passes all that may be found, slice after slice; what `aggregate` makes of each. */
async function* slices<Value extends SqlValue>(
  db: ReadHandle,
  { match }: FoundAccounts,
  condition: Condition,
  aggregate: string,
): AsyncGenerator<Value> {
  const sql = `SELECT COUNT(*) AS seen, MAX(id) AS last, ${aggregate} AS value FROM (
    SELECT id, ${condition.sql} AS hit FROM (
      SELECT rowid AS at FROM users_search WHERE users_search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?)
    CROSS JOIN users ON id = at)`
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const params = [...condition.params, match!, last, SLICE]
    const row = (await db.get<{ seen: number; last: number; value: Value }>(sql, ...params))!
    if (row.seen > 0) yield row.value
    if (row.seen < SLICE) return
    last = row.last
    await setImmediate()
  }
}
