import type { ReadHandle } from '../db/types.ts'
import { type Condition, type TextSearch, textCondition } from './account-search.ts'
import { ACCOUNT_COLUMNS, type Account, type AccountRow, toAccount } from './account-types.ts'

export const ACCOUNT_ORDERS = [
  'name',
  'is_guest',
  'admin',
  'user_type',
  'deactivated',
  'shadow_banned',
  'displayname',
  'avatar_url',
  'creation_ts',
  'last_seen_ts',
  'locked',
] as const
export type AccountOrder = (typeof ACCOUNT_ORDERS)[number]

const NULLABLE: ReadonlySet<AccountOrder> = new Set([
  'user_type',
  'displayname',
  'avatar_url',
  'last_seen_ts',
])

export interface AccountFilter extends TextSearch {
  /** False: without guests. */
  guests: boolean
  /** true: only deactivated ones, false: none of them; `undefined`: all. */
  deactivated?: boolean
  /** False: without locked accounts. */
  locked: boolean
  /** true: only administrators, false: none of them. */
  admins?: boolean
  approved?: boolean
  /** Types to leave out; `''` stands for accounts without a type. */
  notUserTypes: readonly string[]
}

export interface AccountPage {
  orderBy: AccountOrder
  /** Direction of `orderBy`; accounts that are equal in it always go by ascending name. */
  dir: 'f' | 'b'
  from: number
  limit: number
}

/**
 * A page of the accounts that pass the filter. Nulls come before values when ascending. Walks the index of the order:
 * the `+` keeps the planner from choosing the index of a filter instead and sorting what it finds.
 */
export async function listAccounts(
  db: ReadHandle,
  filter: AccountFilter,
  page: AccountPage,
): Promise<Account[]> {
  const { sql, params } = listStatement(filter, page)
  return (await db.all<AccountRow>(sql, ...params)).map(toAccount)
}

/** How many accounts pass the filter. Without a text search this is a sum over the kept counts. */
export async function countAccounts(db: ReadHandle, filter: AccountFilter): Promise<number> {
  if (textCondition(filter) !== undefined) return countRows(db, filter)
  if (filter.admins === true) return countRows(db, filter)
  const all = await sumCounts(db, filter)
  return filter.admins === false ? all - (await countRows(db, { ...filter, admins: true })) : all
}

/** The statement of a page, for tests of its plan. */
export function listStatement(filter: AccountFilter, page: AccountPage): Condition {
  const { sql, params } = conditions(filter)
  return {
    sql: `SELECT ${ACCOUNT_COLUMNS} FROM users ${sql} ORDER BY ${orderClause(page)} LIMIT ? OFFSET ?`,
    params: [...params, page.limit, page.from],
  }
}

function orderClause({ orderBy, dir }: AccountPage): string {
  if (orderBy === 'name') return dir === 'f' ? 'name' : 'name DESC'
  // PostgreSQL looks for an index that places nulls as asked, even in a column that has none.
  if (!NULLABLE.has(orderBy)) return dir === 'f' ? `${orderBy}, name` : `${orderBy} DESC, name`
  return dir === 'f' ? `${orderBy} ASC NULLS FIRST, name` : `${orderBy} DESC NULLS LAST, name`
}

function conditions(filter: AccountFilter): Condition {
  const parts = kindConditions(filter, '+')
  const text = textCondition(filter)
  if (text !== undefined) parts.push(text)
  // Administrators are few: their index is the better way in, whatever the order.
  if (filter.admins === true) parts.push({ sql: 'admin = 1', params: [] })
  if (filter.admins === false) parts.push({ sql: '+admin != 1', params: [] })
  return joined(parts)
}

/** Conditions on the columns `users` and `user_counts` share. */
function kindConditions(filter: AccountFilter, plus: '+' | ''): Condition[] {
  const parts: Condition[] = []
  const flag = (column: string, value: boolean) =>
    parts.push({ sql: `${plus}${column} = ${value ? 1 : 0}`, params: [] })
  if (!filter.guests) flag('is_guest', false)
  if (filter.deactivated !== undefined) flag('deactivated', filter.deactivated)
  if (!filter.locked) flag('locked', false)
  if (filter.approved !== undefined) flag('approved', filter.approved)
  if (filter.notUserTypes.length > 0)
    parts.push({ sql: `COALESCE(user_type, '') != ALL(?)`, params: [filter.notUserTypes] })
  return parts
}

function joined(parts: readonly Condition[]): Condition {
  if (parts.length === 0) return { sql: '', params: [] }
  return {
    sql: `WHERE ${parts.map((part) => part.sql).join(' AND ')}`,
    params: parts.flatMap((part) => part.params),
  }
}

async function countRows(db: ReadHandle, filter: AccountFilter): Promise<number> {
  const { sql, params } = conditions(filter)
  const row = await db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM users ${sql}`, ...params)
  return row?.n ?? 0
}

async function sumCounts(db: ReadHandle, filter: AccountFilter): Promise<number> {
  const { sql, params } = joined(kindConditions(filter, ''))
  const row = await db.get<{ n: number }>(
    `SELECT CAST(COALESCE(SUM(accounts), 0) AS BIGINT) AS n FROM user_counts ${sql}`,
    ...params,
  )
  return row?.n ?? 0
}
