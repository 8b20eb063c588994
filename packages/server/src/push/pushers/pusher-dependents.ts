import type { AccountDependents } from '../../accounts/account-data.ts'

/** Pushers go with the device they were made on, and all of them with the account. */
export const pusherDependents: AccountDependents = {
  deleteOfDevices: (tx, userId, deviceIds) => tx.pushers.deleteOfDevices(userId, deviceIds),
  deleteOfAccount: (tx, userId) => tx.pushers.deleteOfUser(userId),
}
