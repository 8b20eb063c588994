import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import { foundAccounts } from '../account-names/search.ts'
import type { AccountFilter } from './filter.ts'
import { loadPopulation } from './groups.ts'
import { serverNameFor } from './list.ts'

/** Where a walk through all accounts goes on, and how many of them it looks at; or just these ones. */
export type ScanRange = { after: string; scan: number } | { userIds: readonly string[] }

/**
 * The accounts that pass the filter among the next `scan` ones, in the order of their names, and the last that was looked
 * at; `undefined` when there are no more. Whoever walks on behind it sees each account once, whatever changes meanwhile.
 */
export async function scanAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  range: ScanRange,
): Promise<{ userIds: UserId[]; last: UserId | undefined }> {
  const kinds = new Set((await loadPopulation(db, filter, 'name')).kinds.map(({ id }) => id))
  const found = foundAccounts(filter, await serverNameFor(db, filter))
  const isFound = found === undefined ? '1' : `CASE WHEN ${found.check.sql} THEN 1 ELSE 0 END`
  const which = 'userIds' in range ? 'name = ANY(?) ORDER BY name' : 'name > ? ORDER BY name LIMIT ?'
  const rows = await db.all<{ name: UserId; admin: number; kind: number; found: number }>(
    `SELECT name, admin, kind, ${isFound} AS found FROM users WHERE ${which}`,
    ...(found?.check.params ?? []),
    ...('userIds' in range ? [range.userIds] : [range.after, range.scan]),
  )
  const isWanted = (row: { admin: number; kind: number; found: number }) =>
    row.found === 1 &&
    kinds.has(row.kind) &&
    (filter.admins === undefined || filter.admins === (row.admin === 1))
  return {
    userIds: rows.filter(isWanted).map(({ name }) => name),
    last: rows.at(-1)?.name,
  }
}
