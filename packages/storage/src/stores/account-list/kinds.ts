import type { WriteHandle } from '../../db/types.ts'
import type { Account } from '../accounts/types.ts'

/**
 * Accounts that are alike in everything the admin's list filters or groups by, but for `admin`: that flag may be
 * changed by hand (`UPDATE users SET admin = 1 …`), and what is kept about kinds must stay true then.
 */
export interface AccountKind {
  id: number
  isGuest: boolean
  deactivated: boolean
  locked: boolean
  approved: boolean
  shadowBanned: boolean
  /** `''` for accounts without a type. */
  userType: string
  /** How many accounts are of this kind. */
  accounts: number
}

export type KindTraits = Omit<AccountKind, 'id' | 'accounts'>

/** What {@link KIND_COLUMNS} gives. */
export type KindValues = [
  id: number,
  isGuest: number,
  deactivated: number,
  locked: number,
  approved: number,
  shadowBanned: number,
  userType: string,
  accounts: number,
]

export const KIND_COLUMNS = 'id, is_guest, deactivated, locked, approved, shadow_banned, user_type, accounts'

export function toKind([
  id,
  isGuest,
  deactivated,
  locked,
  approved,
  shadowBanned,
  userType,
  accounts,
]: KindValues): AccountKind {
  return {
    id,
    isGuest: isGuest === 1,
    deactivated: deactivated === 1,
    locked: locked === 1,
    approved: approved === 1,
    shadowBanned: shadowBanned === 1,
    userType,
    accounts,
  }
}

/** Whether both accounts are of one kind. */
export function isSameKind(a: Account, b: Account): boolean {
  return traitsOf(a).join() === traitsOf(b).join()
}

/** The id of the account's kind, which now has `by` accounts more. */
export async function countKind(db: WriteHandle, account: Account, by: 1 | -1): Promise<number> {
  const row = await db.get<{ id: number }>(
    `INSERT INTO user_kinds (id, is_guest, deactivated, locked, approved, shadow_banned, user_type, accounts)
     VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM user_kinds), ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (is_guest, deactivated, locked, approved, shadow_banned, user_type)
     DO UPDATE SET accounts = user_kinds.accounts + excluded.accounts
     RETURNING id`,
    ...traitsOf(account),
    by,
  )
  return row!.id
}

function traitsOf(account: Account): [number, number, number, number, number, string] {
  const flag = (value: boolean) => (value ? 1 : 0)
  return [
    flag(account.isGuest),
    flag(account.deactivated),
    flag(account.locked),
    flag(account.approved),
    flag(account.shadowBanned),
    account.userType ?? '',
  ]
}
