import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'

/** Works on the next request of every token that is out there. 404 for an unknown account. */
export type SetModerationFlag = (userId: UserId, value: boolean) => Promise<void>

/**
 * Lets an account speak to nobody without telling it, or again to everybody. What was kept back is not sent later.
 * Synapse: admin_api/user_admin_api §Controlling whether a user is shadow-banned
 */
export function setShadowBanned(deps: { storage: Pick<Storage, 'write'> }): SetModerationFlag {
  return async (userId, shadowBanned) => {
    await deps.storage.write((tx) => tx.accounts.update(userId, { shadowBanned }))
  }
}

/** Lets an account read and leave rooms only. Spec: CS API §Account suspension */
export function setSuspended(deps: { storage: Pick<Storage, 'write'> }): SetModerationFlag {
  return async (userId, suspended) => {
    await deps.storage.write((tx) => tx.accounts.update(userId, { suspended }))
  }
}
