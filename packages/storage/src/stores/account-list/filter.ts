import type { Dialect } from '../../db/types.ts'
import type { TextSearch } from '../account-names/search.ts'
import type { Condition } from '../lists/condition.ts'
import type { AccountGroup } from './groups.ts'
import type { AccountKind } from './kinds.ts'

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

type Members = Pick<AccountGroup, 'kinds' | 'isEveryKind' | 'admins'>

/** The accounts of a group, found by the index of the kinds. */
export function kindCondition({ kinds, admins }: Members): Condition {
  return withAdmins({ sql: 'kind = ANY(?)', params: [kinds] }, admins, '')
}

/** Bits of the largest integer of SQLite that are no sign. */
const BITS = 63

/**
 * The accounts of a group, while another index is walked: those of the orders hold both columns. This is asked of every
 * account passed: on SQLite a bit of one number answers ten times as fast as a list does. The `+` keeps planners from
 * walking the index of the kinds instead and sorting what they find.
 */
export function kindCheck(dialect: Dialect, { kinds, isEveryKind, admins }: Members): Condition {
  if (isEveryKind) return withAdmins({ sql: '1 = 1', params: [] }, admins, '+')
  if (dialect === 'postgres' || kinds.some((kind) => kind >= BITS))
    return withAdmins({ sql: '+kind = ANY(?)', params: [kinds] }, admins, '+')
  const mask = kinds.reduce((bits, kind) => bits | (1n << BigInt(kind)), 0n)
  return withAdmins({ sql: '(? >> kind) & 1', params: [mask] }, admins, '+')
}

function withAdmins({ sql, params }: Condition, admins: boolean | undefined, plus: '+' | ''): Condition {
  if (admins === undefined) return { sql, params }
  return { sql: `${sql} AND ${plus}admin ${admins ? '= 1' : '!= 1'}`, params }
}
