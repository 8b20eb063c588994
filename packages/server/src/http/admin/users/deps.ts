import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Accounts } from '../../../accounts/accounts.ts'
import { notFound } from '../../../errors.ts'
import type { AllowReplacement } from '../../../keys/allow-replacement.ts'
import type { AdminCompat } from './shape.ts'

/** What the admin routes about users are made of. */
export interface AdminUserDeps {
  accounts: Accounts
  compat: AdminCompat
  allowKeyReplacement: AllowReplacement
}

/** Throws 404 `M_NOT_FOUND` unless the user has an account here. */
export async function checkExists(accounts: Accounts, userId: UserId): Promise<void> {
  if (!(await accounts.reads.exists(userId))) throw notFound('User')
}
