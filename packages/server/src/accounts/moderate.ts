import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Account, Storage } from '@ranvier/storage'
import { forbidden, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'

/**
 * Works on the next request of every token that is out there. 404 for an unknown account. `check` is asked before, in the
 * same transaction.
 */
export type SetModerationFlag = (
  userId: UserId,
  value: boolean,
  check?: (account: Account) => void,
) => Promise<void>

/**
 * Lets an account speak to nobody without telling it, or again to everybody. What was kept back is not sent later.
 * Synapse: admin_api/user_admin_api §Controlling whether a user is shadow-banned
 */
export function setShadowBanned(deps: { storage: Pick<Storage, 'write'> }): SetModerationFlag {
  return setFlag(deps, (shadowBanned) => ({ shadowBanned }))
}

/** Lets an account read and leave rooms only. Spec: CS API §Account suspension */
export function setSuspended(deps: { storage: Pick<Storage, 'write'> }): SetModerationFlag {
  return setFlag(deps, (suspended) => ({ suspended }))
}

/** Lets an account do nothing but log out. Spec: CS API §Account locking */
export function setLocked(deps: { storage: Pick<Storage, 'write'> }): SetModerationFlag {
  return setFlag(deps, (locked) => ({ locked }))
}

function setFlag(
  { storage }: { storage: Pick<Storage, 'write'> },
  patchOf: (value: boolean) => { shadowBanned?: boolean; suspended?: boolean; locked?: boolean },
): SetModerationFlag {
  return async (userId, value, check) => {
    await storage.write(async (tx) => {
      if (check !== undefined) check(await tx.accounts.get(userId))
      await tx.accounts.update(userId, patchOf(value))
    })
  }
}

/**
 * Throws unless `by`, a server administrator, may look at the flags of the account in the client-server API: 404
 * `M_NOT_FOUND` for one that is deactivated, 403 `M_FORBIDDEN` for another administrator's. Spec: CS API §Server administration
 */
export function checkModerates(by: Requester, account: Account): void {
  if (account.deactivated) throw notFound('User')
  if (account.admin && account.userId !== by.userId) throw forbidden('The user is a server administrator')
}

/** The same for who sets one of them, which nobody does to themselves: 403 `M_FORBIDDEN`. */
export function checkMayModerate(by: Requester, account: Account): void {
  if (account.userId === by.userId) throw forbidden('This is your own account')
  checkModerates(by, account)
}
