import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Transaction } from '@ranvier/storage'

/**
 * What another part of the server keeps for accounts and devices, so that it goes in the transaction that removes
 * them. Each part passes its own; accounts know nothing of keys, pushers or account data.
 */
export interface AccountDependents {
  /** Keys, queued messages, pushers of these devices. */
  deleteOfDevices?(tx: Transaction, userId: UserId, deviceIds: readonly string[]): Promise<void>
  /** Everything that a deactivated account does not keep: account data, push rules, key backups, pushers. */
  deleteOfAccount?(tx: Transaction, userId: UserId): Promise<void>
}

/** Deletes devices with all that hangs on them: tokens first, so that nobody uses what is being removed. */
export async function deleteDevicesIn(
  tx: Transaction,
  userId: UserId,
  deviceIds: readonly string[],
  dependents: readonly AccountDependents[],
): Promise<void> {
  await tx.tokens.deleteOfDevices(userId, deviceIds)
  for (const part of dependents) await part.deleteOfDevices?.(tx, userId, deviceIds)
  await tx.devices.delete(userId, deviceIds)
}

/**
 * Logs the user out everywhere, puppet tokens issued to them included. `keep` is the session that asked for it.
 * Tokens that administrators hold for the user are theirs and stay.
 */
export async function logOutEverywhereIn(
  tx: Transaction,
  userId: UserId,
  dependents: readonly AccountDependents[],
  keep: { tokenId?: number; deviceId?: string | null } = {},
): Promise<void> {
  const devices = await tx.devices.list(userId)
  const gone = devices.map((device) => device.deviceId).filter((deviceId) => deviceId !== keep.deviceId)
  await deleteDevicesIn(tx, userId, gone, dependents)
  await tx.tokens.deleteAllOwned(userId, keep)
}
