import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import {
  type Account,
  type ExternalId,
  outsideAction,
  type Storage,
  type Transaction,
} from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest, conflict } from '../errors.ts'
import { addEmailPusherIn } from '../push/pushers/mail-for-new-users.ts'
import type { Requester } from '../requester.ts'
import type { PropagateProfile } from '../rooms/profile.ts'
import type { AccountDependents } from './account-data.ts'
import { type AvatarDeps, checkAvatar } from './avatar-rules.ts'
import { checkPasswordsKept, setPasswordIn } from './change-password.ts'
import type { AccountsConfig } from './config.ts'
import { deactivateIn, reactivateIn } from './deactivate.ts'
import type { Passwords } from './passwords.ts'
import { cleanProfileText } from './profiles.ts'
import { createAccountIn, type NewDisplayname } from './registration/create-account.ts'
import type { CheckUsername } from './registration/usernames.ts'
import { removeThreepidIn } from './threepids/remove-threepid.ts'

/** What an administrator wants an account to be. Absent: as it is, or the default of a new account. */
export interface AccountChanges {
  password?: string
  logOutDevices?: boolean
  displayname?: NewDisplayname
  avatarUrl?: string
  threepids?: readonly { medium: string; address: string }[]
  externalIds?: readonly ExternalId[]
  admin?: boolean
  deactivated?: boolean
  locked?: boolean
  approved?: boolean
  userType?: string | null
}

export interface ModifyAccountDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  config: AccountsConfig
  avatars: AvatarDeps
  passwords: Passwords
  checkUsername: CheckUsername
  dependents: readonly AccountDependents[]
  propagateProfile: PropagateProfile
  onRegistered: (userId: UserId) => Promise<void>
}

/**
 * Creates or changes an account, all of it or nothing. 400 for names and contradictions, 403 when a password is given
 * to a server that keeps none or for a picture that may be no avatar, 409 when an external id is another account's.
 */
export type ModifyAccount = (
  by: Requester,
  userId: UserId,
  changes: AccountChanges,
) => Promise<'created' | 'changed'>

export function modifyAccount(deps: ModifyAccountDeps): ModifyAccount {
  return async (by, userId, changes) => {
    const exists = (await deps.storage.read.accounts.find(userId)) !== undefined
    if (exists && changes.password !== undefined) checkPasswordsKept(deps.config)
    if (changes.avatarUrl !== undefined) await checkAvatar(deps.avatars, changes.avatarUrl)
    const passwordHash = changes.password === undefined ? null : await deps.passwords.hash(changes.password)
    const outcome = await deps.storage.write(async (tx) => {
      const nowMs = deps.clock.nowMs()
      const account = await tx.accounts.find(userId)
      const before = account ?? (await createIn(tx, userId, changes, { ...deps, passwordHash, nowMs }))
      const after = await applyIn(tx, before, changes, {
        ...deps,
        by,
        passwordHash,
        nowMs,
        isNew: account === undefined,
      })
      if (account === undefined) return 'created'
      const isRenamed = before.displayname !== after.displayname || before.avatarUrl !== after.avatarUrl
      return isRenamed ? deps.propagateProfile(tx, userId) : undefined
    })
    if (outcome === 'created') await outsideAction(() => deps.onRegistered(userId))
    else await outcome?.()
    return outcome === 'created' ? 'created' : 'changed'
  }
}

function createIn(
  tx: Transaction,
  userId: UserId,
  changes: AccountChanges,
  how: ModifyAccountDeps & { passwordHash: string | null; nowMs: number },
): Promise<Account> {
  const displayname = changes.displayname === '' ? '' : (cleanProfileText(changes.displayname) ?? undefined)
  return createAccountIn(
    tx,
    {
      localpart: localpartOf(userId),
      passwordHash: how.passwordHash,
      admin: changes.admin ?? false,
      displayname,
      avatarUrl: cleanProfileText(changes.avatarUrl),
      userType: changes.userType,
      approved: changes.approved ?? true,
    },
    how,
  )
}

interface ApplyParts extends ModifyAccountDeps {
  by: Requester
  passwordHash: string | null
  nowMs: number
  isNew: boolean
}

/** The order is Synapse's; who reads the account meanwhile sees none of it. */
async function applyIn(
  tx: Transaction,
  before: Account,
  changes: AccountChanges,
  parts: ApplyParts,
): Promise<Account> {
  const { userId } = before
  const { by, dependents, nowMs } = parts
  if (changes.threepids !== undefined) await replaceThreepids(tx, userId, changes.threepids, nowMs)
  if (changes.externalIds !== undefined) await replaceExternalIds(tx, userId, changes.externalIds)
  if (parts.isNew) {
    if (parts.config.mail?.notifications.forNewUsers)
      for (const { medium, address } of changes.threepids ?? [])
        if (medium === 'email') await addEmailPusherIn(tx, userId, address, nowMs)
    return before
  }

  const { displayname, avatarUrl, admin, locked, approved, userType } = changes
  if (admin === false && before.admin && by.userId === userId)
    throw badRequest('You may not demote yourself.')
  await tx.accounts.update(userId, {
    displayname: displayname === undefined ? undefined : cleanProfileText(displayname),
    avatarUrl: avatarUrl === undefined ? undefined : cleanProfileText(avatarUrl),
    hasProfile: displayname || avatarUrl ? true : undefined,
    admin,
  })
  if (parts.passwordHash !== null)
    await setPasswordIn(
      tx,
      by,
      userId,
      { passwordHash: parts.passwordHash, logOutDevices: changes.logOutDevices ?? true },
      dependents,
    )
  if (changes.deactivated === true) await deactivateIn(tx, userId, { erase: false, nowMs }, dependents)
  if (changes.deactivated === false && before.deactivated) await reactivateIn(tx, userId)
  return tx.accounts.update(userId, { locked, approved, userType })
}

async function replaceThreepids(
  tx: Transaction,
  userId: UserId,
  wanted: readonly { medium: string; address: string }[],
  nowMs: number,
): Promise<void> {
  const keys = new Set(wanted.map(({ medium, address }) => `${medium} ${address}`))
  for (const { medium, address } of await tx.threepids.list(userId))
    if (!keys.has(`${medium} ${address}`)) await removeThreepidIn(tx, userId, medium, address)
  // Whoever had an address loses it: an administrator says whose it is.
  for (const { medium, address } of wanted) await tx.threepids.put(userId, medium, address, nowMs)
}

async function replaceExternalIds(
  tx: Transaction,
  userId: UserId,
  wanted: readonly ExternalId[],
): Promise<void> {
  await tx.threepids.deleteExternalIds(userId)
  for (const externalId of wanted)
    if (!(await tx.threepids.addExternalId(userId, externalId)))
      throw conflict('External id is already in use.')
}
