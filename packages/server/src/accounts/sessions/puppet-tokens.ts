import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Account, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { badRequest, forbidden } from '../../errors.ts'
import type { AdminTokenGrant, Requester } from '../../requester.ts'
import { hashToken, makeAccessToken } from '../secrets.ts'

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
      const account = await tx.accounts.get(userId)
      if (by.adminToken !== undefined) checkNoWider(account, by.adminToken, validUntilMs)
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

/** What is made with a scoped token cannot do more, nor outlive it. */
function checkNoWider(account: Account, token: AdminTokenGrant, validUntilMs: number | null): void {
  if (account.admin) throw forbidden('A scoped token cannot act as an administrator')
  const { name, expiresTs } = token
  if (expiresTs !== null && (validUntilMs === null || validUntilMs > expiresTs))
    throw forbidden(
      `The token '${name}' cannot make one that outlives it: valid_until_ms must be at most ${expiresTs}`,
    )
}
