import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { MatrixError, notFound } from '../errors.ts'
import type { AccountDependents } from './account-data.ts'
import { checkPasswordsKept, setPasswordIn } from './change-password.ts'
import type { AccountsConfig } from './config.ts'
import type { Passwords } from './passwords.ts'
import { takeProvenIn } from './threepids/email-sessions.ts'

/**
 * Sets the password of the account whose address has been proven in this session, which is used up by it. 403 where no
 * passwords are kept, 404 when no account has the address (any more).
 */
export type ResetPasswordByMail = (
  sid: string,
  change: { password: string; logOutDevices: boolean },
) => Promise<void>

export function resetPasswordByMail(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
  config: AccountsConfig
  passwords: Passwords
  dependents: readonly AccountDependents[]
}): ResetPasswordByMail {
  return async (sid, { password, logOutDevices }) => {
    checkPasswordsKept(deps.config)
    const passwordHash = await deps.passwords.hash(password)
    await deps.storage.write(async (tx) => {
      const proven = await takeProvenIn(tx, 'password', { sid }, deps.clock.nowMs())
      if (proven === undefined)
        throw new MatrixError(401, 'M_THREEPID_AUTH_FAILED', 'The address has not been confirmed')
      const userId = await tx.threepids.findOwner('email', proven.address)
      if (userId === undefined) throw notFound('Email address')
      await setPasswordIn(tx, null, userId, { passwordHash, logOutDevices }, deps.dependents)
    })
  }
}
