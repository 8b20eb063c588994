import type { AccountGroup } from './account-groups.ts'
import type { AccountKind } from './account-kinds.ts'
import type { Condition, TextSearch } from './account-search.ts'

export interface AccountFilter extends TextSearch {
  /** False: without guests. */
  guests: boolean
  /** true: only deactivated ones, false: none of them; `undefined`: all. */
  deactivated?: boolean | undefined
  /** False: without locked accounts. */
  locked: boolean
  /** true: only administrators, false: none of them. */
  admins?: boolean | undefined
  approved?: boolean | undefined
  /** Types to leave out; `''` stands for accounts without a type. */
  notUserTypes: readonly string[]
}

/** Whether accounts of this kind pass the filter, as far as kinds tell: text and `admins` are left. */
export function passes(kind: AccountKind, filter: AccountFilter): boolean {
  if (!filter.guests && kind.isGuest) return false
  if (filter.deactivated !== undefined && kind.deactivated !== filter.deactivated) return false
  if (!filter.locked && kind.locked) return false
  if (filter.approved !== undefined && kind.approved !== filter.approved) return false
  return !filter.notUserTypes.includes(kind.userType)
}

/**
 * The accounts of a group, while an index of an order is walked: the indexes of orders hold both columns, and `plus`
 * keeps planners from walking the index of the kinds instead and sorting what they find.
 */
export function kindCondition(
  { kinds, admins }: Pick<AccountGroup, 'kinds' | 'admins'>,
  plus: '+' | '' = '+',
): Condition {
  const sql = `${plus}kind = ANY(?)`
  if (admins === undefined) return { sql, params: [kinds] }
  return { sql: `${sql} AND ${plus}admin ${admins ? '= 1' : '!= 1'}`, params: [kinds] }
}
