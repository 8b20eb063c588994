import type { AccountDependents } from '../accounts/account-data.ts'
import type { Clock } from '../clock.ts'
import { enqueueDeletion } from './delete-backup-job.ts'

/**
 * What goes with a device: that it is dehydrated, its identity, one-time and fallback keys, and what it has signed. What goes with an
 * account: its backups. Public cross-signing keys stay, so that others still recognise whom they have verified.
 * Synapse: admin_api/user_admin_api §Deactivate account
 */
export function keyDependents({ clock }: { clock: Clock }): AccountDependents {
  return {
    async deleteOfDevices(tx, userId, deviceIds) {
      if (deviceIds.length === 0) return
      await tx.dehydratedDevices.deleteOfDevices(userId, deviceIds)
      await tx.deviceKeys.deleteOfDevices(userId, deviceIds)
      await tx.oneTimeKeys.deleteOfDevices(userId, deviceIds)
      await tx.crossSigning.deleteSignaturesOfKeys(userId, deviceIds)
    },
    async deleteOfAccount(tx, userId) {
      for (const version of await tx.keyBackups.markAllDeleted(userId))
        await enqueueDeletion(tx, { userId, version }, clock.nowMs())
    },
  }
}
