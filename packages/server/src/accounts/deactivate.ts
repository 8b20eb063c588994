import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest, MatrixError } from '../errors.ts'
import { type AccountDependents, logOutEverywhereIn } from './account-data.ts'
import type { BoundThreepids } from './threepids/bound-threepids.ts'

/** Name of the job that leaves the rooms of a deactivated account. Its subject is the user id. */
export const PART_ROOMS = 'part-rooms'

/**
 * Closes an account for good: everybody is logged out, the password, addresses and private data go, rooms are left in
 * the background. With `erase` the profile goes too, and what the account sent is hidden from those who join later.
 * Asking again changes nothing, unless it now asks to erase. 404 for an unknown account.
 *
 * Before all that, what is bound at identity servers is unbound: `isUnbound` says whether all of them do that for us. If
 * one cannot be asked, 400 and nothing has happened, as in Synapse.
 */
export type DeactivateAccount = (userId: UserId, how: { erase: boolean }) => Promise<{ isUnbound: boolean }>

export function deactivateAccount(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  dependents: readonly AccountDependents[]
  /** Absent: nothing is ever bound. */
  unbindAll?: BoundThreepids['unbindAll']
}): DeactivateAccount {
  return async (userId, { erase }) => {
    await deps.storage.read.accounts.get(userId)
    const isUnbound = (await deps.unbindAll?.(userId).catch(failedToUnbind)) ?? true
    await deps.storage.write((tx) =>
      deactivateIn(tx, userId, { erase, nowMs: deps.clock.nowMs() }, deps.dependents),
    )
    return { isUnbound }
  }
}

function failedToUnbind(error: unknown): never {
  if (error instanceof MatrixError) throw badRequest('Failed to remove an address from its identity server')
  throw error
}

export async function deactivateIn(
  tx: Transaction,
  userId: UserId,
  { erase, nowMs }: { erase: boolean; nowMs: number },
  dependents: readonly AccountDependents[],
): Promise<void> {
  const account = await tx.accounts.get(userId)
  if (account.deactivated && (account.erased || !erase)) return
  await logOutEverywhereIn(tx, userId, dependents)
  await tx.threepids.deleteAll(userId)
  await tx.openIdTokens.deleteAll(userId)
  for (const part of dependents) await part.deleteOfAccount?.(tx, userId)
  if (erase) await tx.profiles.deleteAll(userId)
  const profile = erase ? { displayname: null, avatarUrl: null, hasProfile: false, erased: true } : {}
  await tx.accounts.update(userId, { deactivated: true, passwordHash: null, ...profile })
  await tx.accounts.announceChange(userId, 'deactivated')
  await tx.jobs.enqueue(PART_ROOMS, { subject: userId, params: { erase }, createdTs: nowMs })
}

/**
 * Opens a deactivated account again, without what it lost: rooms, addresses, devices, its old password.
 * Synapse: admin_api/user_admin_api §Create or modify account
 */
export async function reactivateIn(tx: Transaction, userId: UserId): Promise<void> {
  await tx.accounts.update(userId, { deactivated: false, erased: false, hasProfile: true })
  await tx.accounts.announceChange(userId, 'reactivated')
}
