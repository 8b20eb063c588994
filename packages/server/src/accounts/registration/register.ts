import type { UserId } from '@ranvier/protocol/ids/brands'
import { localpartOf } from '@ranvier/protocol/ids/user-id'
import { type Account, outsideAction, type Storage, type Transaction } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { forbidden, guestForbidden, MatrixError, threepidInUse, userInUse } from '../../errors.ts'
import { addEmailPusherIn } from '../../push/pushers/mail-for-new-users.ts'
import type { AccountDependents } from '../account-data.ts'
import { logOutEverywhereIn } from '../account-data.ts'
import type { AccountsConfig } from '../config.ts'
import type { Passwords } from '../passwords.ts'
import { makeLocalpart } from '../secrets.ts'
import { checkDeviceId, type DeviceWish, type Session, startSessionIn } from '../sessions/sessions.ts'
import { takeProvenIn } from '../threepids/email-sessions.ts'
import { checkApproved, createAccountIn, type NewAccountWish } from './create-account.ts'
import type { CheckUsername } from './usernames.ts'

export interface RegisterDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  config: AccountsConfig
  passwords: Passwords
  checkUsername: CheckUsername
  dependents: readonly AccountDependents[]
  /** Called once an account exists: joins the rooms everybody is put into. Must not reject. */
  onRegistered: (userId: UserId) => Promise<void>
}

export interface Registration extends Omit<NewAccountWish, 'localpart' | 'passwordHash'> {
  /** `undefined`: the server chooses one. */
  localpart?: string | undefined
  /** null: nobody can log in with a password. */
  password: string | null
  /** The session in which the address that goes with the account was proven. */
  emailSession?: string | undefined
  /** A guest account that is to become this one. */
  guest?: UserId | undefined
  /** null: nobody is logged in. */
  device: DeviceWish | null
}

/** What a registration came to. `session` is null when nobody was logged in. */
export interface Registered {
  userId: UserId
  session: Session | null
}
export type Register = (registration: Registration) => Promise<Registered>

/**
 * Makes an account for somebody who has shown that they may have one, and logs them in. Whether registration is open
 * is the caller's question; so is what to tell somebody who has to wait for approval, and is not logged in. Throws 400
 * for the name, and for an address that is another account's by now.
 */
export function register(deps: RegisterDeps): Register {
  return async ({ password, guest, device, emailSession, ...wish }) => {
    checkDeviceId(device?.deviceId)
    const passwordHash = password === null ? null : await deps.passwords.hash(password)
    const nowMs = deps.clock.nowMs()
    const localpart = wish.localpart ?? (guest === undefined ? makeLocalpart('user') : localpartOf(guest))
    const registered = await deps.storage.write(async (tx) => {
      const account =
        guest === undefined
          ? await createAccountIn(tx, { ...wish, localpart, passwordHash }, { ...deps, nowMs })
          : await upgradeGuest(guest, localpart, passwordHash)
      const { userId } = account
      if (emailSession !== undefined) {
        const address = await addProvenEmailIn(tx, userId, emailSession, nowMs)
        if (deps.config.mail?.notifications.forNewUsers) await addEmailPusherIn(tx, userId, address, nowMs)
      }
      const session =
        device === null || (deps.config.approval.enabled && !account.approved)
          ? null
          : await startSessionIn(tx, userId, device, { lifetimes: deps.config, nowMs })
      return { userId, session }

      async function upgradeGuest(guestId: UserId, wished: string, hash: string | null): Promise<Account> {
        // Spec: CS API §Upgrading guest accounts: it keeps its id, and its guest token dies.
        const present = await tx.accounts.get(guestId)
        if (!present.isGuest || present.deactivated || localpartOf(guestId) !== wished) throw userInUse()
        await logOutEverywhereIn(tx, guestId, deps.dependents)
        const agreed =
          wish.consentVersion === undefined ? {} : { consentVersion: wish.consentVersion, consentTs: nowMs }
        return tx.accounts.update(guestId, { isGuest: false, passwordHash: hash, ...agreed })
      }
    })
    // Synapse: whom an application service makes is not put into the rooms everybody is put into.
    if (wish.appserviceId === undefined) await outsideAction(() => deps.onRegistered(registered.userId))
    return registered
  }
}

async function addProvenEmailIn(
  tx: Transaction,
  userId: UserId,
  sid: string,
  nowMs: number,
): Promise<string> {
  const proven = await takeProvenIn(tx, 'register', { sid }, nowMs)
  if (proven === undefined)
    throw new MatrixError(401, 'M_THREEPID_AUTH_FAILED', 'The address has not been confirmed')
  const { address, validatedTs } = proven
  if ((await tx.threepids.findOwner('email', address)) !== undefined)
    throw threepidInUse('Email is already in use')
  await tx.threepids.put(userId, 'email', address, nowMs, validatedTs)
  return address
}

export type RegisterGuest = (initialDisplayName: string | undefined) => Promise<Session>

/** An account without a password and with fewer rights. 403 `M_GUEST_ACCESS_FORBIDDEN` when guests are not let in. */
export function registerGuest(deps: RegisterDeps): RegisterGuest {
  return async (initialDisplayName) => {
    if (!deps.config.guests) throw guestForbidden('Guest access is disabled')
    const nowMs = deps.clock.nowMs()
    const session = await deps.storage.write(async (tx) => {
      const wish = { localpart: makeLocalpart('guest'), passwordHash: null, isGuest: true }
      const { userId } = await createAccountIn(tx, wish, { ...deps, nowMs })
      return startSessionIn(tx, userId, { initialDisplayName }, { lifetimes: deps.config, nowMs })
    })
    await deps.onRegistered(session.userId)
    return session
  }
}

export type LogInAgain = (userId: UserId, device: DeviceWish) => Promise<Session>

/** The log-in of a registration that was answered before: the answer may have been lost on the way. */
export function logInAgain(deps: Pick<RegisterDeps, 'storage' | 'clock' | 'config'>): LogInAgain {
  return (userId, device) =>
    deps.storage.write(async (tx) => {
      const account = await tx.accounts.get(userId)
      if (account.deactivated || account.locked) throw forbidden('This account cannot log in')
      checkApproved(account, deps.config)
      return startSessionIn(tx, userId, device, { lifetimes: deps.config, nowMs: deps.clock.nowMs() })
    })
}

export type CheckAvailable = (username: string, ownedBy?: UserId) => Promise<void>

/** `ownedBy` may have the name already. Throws 400 unless an account of this name could be made: `M_USER_IN_USE`, `M_INVALID_USERNAME`, `M_EXCLUSIVE`. */
export function checkAvailable(deps: Pick<RegisterDeps, 'storage' | 'checkUsername'>): CheckAvailable {
  return async (username, ownedBy) => {
    await deps.checkUsername(deps.storage.read.accounts, username, { guest: ownedBy !== undefined, ownedBy })
  }
}
