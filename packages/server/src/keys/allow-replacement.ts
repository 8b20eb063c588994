import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { notFound } from '../errors.ts'

const WINDOW_MS = 10 * 60_000 // Synapse: admin_api/user_admin_api §Allow replacing master cross-signing key

/**
 * Lets the user replace the cross-signing keys without proving anything, for users who cannot (single sign-on); until
 * when, ms since epoch. 404 `M_NOT_FOUND` for a user who is not here or has no master key.
 */
export type AllowReplacement = (userId: UserId) => Promise<number>

export function allowReplacement(deps: { storage: Pick<Storage, 'write'>; clock: Clock }): AllowReplacement {
  return async (userId) => {
    const untilTs = deps.clock.nowMs() + WINDOW_MS
    if (!(await deps.storage.write((tx) => tx.crossSigning.allowReplacement(userId, untilTs))))
      throw notFound('User with a master key')
    return untilTs
  }
}
