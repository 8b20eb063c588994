import type { AccountDependents } from '../../accounts/account-data.ts'

/**
 * A deactivated account is found by nobody from that moment on; the queue, which sees to all other changes, would come
 * to it only later. Synapse: admin_api/user_admin_api §Deactivate account
 */
export const directoryDependents: AccountDependents = {
  deleteOfAccount: (tx, userId) => tx.userDirectory.delete(userId),
}
