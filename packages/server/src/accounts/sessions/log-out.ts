import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage, Transaction } from '@ranvier/storage'
import type { Requester } from '../../requester.ts'
import { type AccountDependents, deleteDevicesIn, logOutEverywhereIn } from '../account-data.ts'

export type LogOut = (requester: Requester) => Promise<void>

interface Deps {
  storage: Pick<Storage, 'write'>
  dependents: readonly AccountDependents[]
}

/** Ends the session that asks: its device with its keys, or just the token when there is no device. */
export function logOut(deps: Deps): LogOut {
  return (requester) =>
    deps.storage.write(async (tx) => {
      const { userId, deviceId, tokenId, puppetedBy } = requester
      if (deviceId !== null) await deleteDevicesIn(tx, userId, [deviceId], deps.dependents)
      await tx.tokens.deleteAccess(puppetedBy ?? userId, tokenId)
    })
}

/**
 * Ends every session of the user, and the puppet tokens issued to them. With a puppet token, the user acted for is
 * logged out; the puppet token itself stays. Synapse: admin_api/user_admin_api §Login as a user
 */
export function logOutEverywhere(deps: Deps): LogOut {
  return (requester) => deps.storage.write((tx) => logOutEverywhereIn(tx, requester.userId, deps.dependents))
}

/** Ends every session of an account, as `/logout/all` of its own would; how many devices it had. 404 for an unknown one. */
export type LogOutUser = (userId: UserId) => Promise<number>

export function logOutUser(deps: Deps): LogOutUser {
  return (userId) => deps.storage.write((tx) => logOutUserIn(tx, userId, deps.dependents))
}

export async function logOutUserIn(
  tx: Transaction,
  userId: UserId,
  dependents: readonly AccountDependents[],
): Promise<number> {
  await tx.accounts.get(userId)
  const devices = await tx.devices.list(userId)
  await logOutEverywhereIn(tx, userId, dependents)
  return devices.length
}
