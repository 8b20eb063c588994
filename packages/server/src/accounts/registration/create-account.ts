import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { Account, Transaction } from '@ranvier/storage'
import { awaitingApproval, badRequest } from '../../errors.ts'
import type { AccountsConfig } from '../config.ts'
import type { CheckUsername } from './usernames.ts'

/** `undefined` and null mean the localpart, `''` means that there is no profile. */
export type NewDisplayname = string | null | undefined

export interface NewAccountWish {
  localpart: string
  passwordHash: string | null
  admin?: boolean
  isGuest?: boolean
  /** The application service the account belongs to. Default: none. */
  appserviceId?: string | null
  displayname?: NewDisplayname
  avatarUrl?: string | null
  /** `undefined`: the configured default. */
  userType?: string | null | undefined
  approved?: boolean
  /** The terms that were agreed to on the way. */
  consentVersion?: string | undefined
}

export interface CreateAccountDeps {
  config: Pick<AccountsConfig, 'defaultUserType' | 'validityPeriodMs'>
  checkUsername: CheckUsername
}

/** Makes an account in a transaction that may go on. Throws the 400 of the username rules. Returns the account. */
export async function createAccountIn(
  tx: Transaction,
  wish: NewAccountWish,
  deps: CreateAccountDeps & { nowMs: number },
): Promise<Account> {
  const isGuest = wish.isGuest ?? false
  const appserviceId = wish.appserviceId ?? null
  const userId: UserId = await deps.checkUsername(tx.accounts, wish.localpart, {
    guest: isGuest,
    appserviceId,
  })
  const displayname = wish.displayname ?? localpartOf(userId)
  const avatarUrl = wish.avatarUrl || null
  const account = await tx.accounts.create({
    userId,
    createdTs: deps.nowMs,
    passwordHash: wish.passwordHash,
    admin: wish.admin ?? false,
    isGuest,
    appserviceId,
    displayname: displayname === '' ? null : displayname,
    avatarUrl,
    hasProfile: displayname !== '' || avatarUrl !== null,
    userType: wish.userType ?? deps.config.defaultUserType,
    approved: wish.approved ?? true,
    ...(wish.consentVersion !== undefined && {
      consentVersion: wish.consentVersion,
      consentTs: deps.nowMs,
    }),
  })
  const { validityPeriodMs } = deps.config
  if (validityPeriodMs !== null) {
    const expirationTs = deps.nowMs + validityPeriodMs
    await tx.accountValidity.set(userId, { expirationTs, mailSent: false })
  }
  return account
}

/** Throws 403 `ORG_MATRIX_MSC3866_USER_AWAITING_APPROVAL` where accounts are approved, and this one is not yet. */
export function checkApproved(
  { approved }: Pick<Account, 'approved'>,
  { approval }: Pick<AccountsConfig, 'approval'>,
): void {
  if (approval.enabled && !approved) throw awaitingApproval()
}

/** Throws 400 `M_UNKNOWN` unless `userType` is null, one of Synapse's types or a configured one. */
export function checkUserType(
  userType: unknown,
  config: Pick<AccountsConfig, 'extraUserTypes'>,
): asserts userType is string | null {
  if (userType === null) return
  const known = ['bot', 'support', ...config.extraUserTypes]
  if (typeof userType !== 'string' || !known.includes(userType)) throw badRequest('Invalid user type')
}
