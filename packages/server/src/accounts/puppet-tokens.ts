import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badRequest } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { hashToken, makeAccessToken } from './secrets.ts'

/**
 * An access token with which an administrator acts as the user: without a device, owned by the administrator. It ends
 * with the administrator's sessions, not with the user's; until `validUntilMs` (ms since epoch, null: for ever).
 * Deactivated accounts can be acted for, too: moderators clean up behind them. 400 for oneself, 404 for an unknown
 * account. Synapse: admin_api/user_admin_api §Login as a user
 */
export type IssuePuppetToken = (by: Requester, userId: UserId, validUntilMs: number | null) => Promise<string>

export function issuePuppetToken(deps: { storage: Pick<Storage, 'write'>; clock: Clock }): IssuePuppetToken {
  return async (by, userId, validUntilMs) => {
    if (by.userId === userId) throw badRequest('Cannot use admin API to login as self')
    const token = makeAccessToken(userId)
    await deps.storage.write(async (tx) => {
      await tx.accounts.get(userId)
      await tx.tokens.addAccess({
        tokenHash: hashToken(token),
        userId: by.userId,
        puppetsUserId: userId,
        deviceId: null,
        validUntilMs,
        createdTs: deps.clock.nowMs(),
      })
    })
    return token
  }
}
