import type { UserId } from '@ranvier/protocol/ids/brands'
import type { RateLimitOverride, Storage, Transaction } from '@ranvier/storage'
import type { Requester } from '../requester.ts'

/**
 * Limits of its own for an account. 0 messages per second lifts every limit of the account; more replaces the limit of
 * messages alone. All throw 404 for an unknown account.
 * Synapse: admin_api/user_admin_api §Override ratelimiting for users
 */
export interface RateLimitOverrides {
  /** `undefined`: the account has the limits everybody has. */
  find(userId: UserId): Promise<RateLimitOverride | undefined>
  set(userId: UserId, override: RateLimitOverride): Promise<void>
  remove(userId: UserId): Promise<void>
}

export function rateLimitOverrides(deps: { storage: Pick<Storage, 'read' | 'write'> }): RateLimitOverrides {
  const { storage } = deps

  const change = (userId: UserId, apply: (tx: Transaction) => Promise<void>) =>
    storage.write(async (tx) => {
      await tx.accounts.get(userId)
      await apply(tx)
      // Limits are remembered by who counts them, and read anew when they hear of this.
      await tx.accounts.announceChange(userId, 'ratelimit')
    })

  return {
    async find(userId) {
      await storage.read.accounts.get(userId)
      return storage.read.rateLimitOverrides.find(userId)
    },
    set: (userId, override) => change(userId, (tx) => tx.rateLimitOverrides.put(userId, override)),
    remove: (userId) => change(userId, (tx) => tx.rateLimitOverrides.delete(userId)),
  }
}

/**
 * Whether no limit of accounts holds for the requester: an application service, or an account whose override is 0; for
 * a puppet token it is the administrator's. An override of more than 0 is one of messages and changes nothing else.
 */
export async function isUnlimited(
  storage: Pick<Storage, 'read'>,
  { userId, puppetedBy, appserviceId, isRateLimited }: Requester,
): Promise<boolean> {
  if (appserviceId !== null && !isRateLimited) return true
  const override = await storage.read.rateLimitOverrides.find(puppetedBy ?? userId)
  return override?.messagesPerSecond === 0
}
