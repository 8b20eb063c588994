import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage, Transaction } from '@ranvier/storage'
import { forbidden } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { type AccountDependents, logOutEverywhereIn } from './account-data.ts'
import type { AccountsConfig } from './config.ts'
import type { Passwords } from './passwords.ts'

/**
 * Sets a password. With `logOutDevices` every session of the account ends, but for the one that asks when it is the
 * account's own. 403 `M_FORBIDDEN` when passwords are not kept here, 404 for an unknown account.
 */
export type ChangePassword = (
  by: Requester,
  userId: UserId,
  change: { password: string; logOutDevices: boolean },
) => Promise<void>

export function changePassword(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  config: AccountsConfig
  passwords: Passwords
  dependents: readonly AccountDependents[]
}): ChangePassword {
  return async (by, userId, { password, logOutDevices }) => {
    checkPasswordsKept(deps.config)
    await deps.storage.read.accounts.get(userId)
    const passwordHash = await deps.passwords.hash(password)
    await deps.storage.write((tx) =>
      setPasswordIn(tx, by, userId, { passwordHash, logOutDevices }, deps.dependents),
    )
  }
}

export async function setPasswordIn(
  tx: Transaction,
  by: Requester | null,
  userId: UserId,
  { passwordHash, logOutDevices }: { passwordHash: string; logOutDevices: boolean },
  dependents: readonly AccountDependents[],
): Promise<void> {
  await tx.accounts.update(userId, { passwordHash })
  if (!logOutDevices) return
  const keep = by?.userId === userId ? { tokenId: by.tokenId, deviceId: by.deviceId } : {}
  await logOutEverywhereIn(tx, userId, dependents, keep)
}

/** Throws 403 `M_FORBIDDEN` when this server keeps no passwords that anybody could log in with. */
export function checkPasswordsKept(config: Pick<AccountsConfig, 'passwordReauth' | 'localPasswords'>): void {
  if (!config.passwordReauth || !config.localPasswords) throw forbidden('Password change disabled')
}
