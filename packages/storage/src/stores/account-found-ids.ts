import { setImmediate } from 'node:timers/promises'
import type { ReadHandle, SqlValue } from '../db/types.ts'
import { kindCondition } from './account-filter.ts'
import type { AccountGroup } from './account-groups.ts'
import { both, type Condition, type FoundAccounts } from './account-search.ts'

/** SQLite answers in our thread: between so many accounts others get their turn. */
const SLICE = 4_096

/**
 * SQLite: the ids of all accounts that are found, in no order; `undefined` when there are more than `max`. How many there are
 * may be known before.
 */
export async function collectFound(
  db: ReadHandle,
  found: FoundAccounts,
  { max, total }: { max: number; total: number | undefined },
): Promise<number[] | undefined> {
  if (total === 0) return []
  const ids: number[] = []
  for await (const hits of slices<string>(db, found, undefined, 'json_group_array(id) FILTER (WHERE hit)')) {
    for (const id of JSON.parse(hits) as number[]) ids.push(id)
    if (ids.length > max) return undefined
    if (ids.length === total) break
  }
  return ids
}

/** How many accounts of a group are found, each one looked at. */
export async function countChecked(
  db: ReadHandle,
  found: FoundAccounts,
  group: AccountGroup,
): Promise<number> {
  if (group.accounts === 0) return 0
  const isFew = group.accounts <= SLICE || group.admins === true
  const condition = both(kindCondition(group, isFew ? '' : '+'), found.check)
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

/** SQLite: passes all candidates, slice after slice; what `aggregate` makes of each. */
async function* slices<Value extends SqlValue>(
  db: ReadHandle,
  { match, check, isExact }: FoundAccounts,
  group: Condition | undefined,
  aggregate: string,
): AsyncGenerator<Value> {
  const condition = group ?? (isExact ? { sql: '1', params: [] } : check)
  const columns = 'id, name, search_text, kind, admin'
  const matching = `SELECT rowid AS id FROM users_search WHERE users_search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?`
  const candidates =
    match === undefined
      ? `SELECT ${columns} FROM users WHERE id > ? ORDER BY id LIMIT ?`
      : condition.sql === '1'
        ? matching
        : `SELECT ${columns} FROM (SELECT id AS at FROM (${matching})) CROSS JOIN users ON id = at`
  const sql = `SELECT COUNT(*) AS seen, MAX(id) AS last, ${aggregate} AS value
    FROM (SELECT id, ${condition.sql} AS hit FROM (${candidates}))`
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const params = [...condition.params, ...(match === undefined ? [] : [match]), last, SLICE]
    const row = (await db.get<{ seen: number; last: number; value: Value }>(sql, ...params))!
    if (row.seen > 0) yield row.value
    if (row.seen < SLICE) return
    last = row.last
    await setImmediate()
  }
}
