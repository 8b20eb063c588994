import type { Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { unknownToken, userLocked } from '../../errors.ts'
import type { AccountsConfig } from '../config.ts'
import { hashToken } from '../secrets.ts'
import { issuePairIn, type Session } from './sessions.ts'

export type RefreshSession = (refreshToken: string) => Promise<Session>

/**
 * Exchanges a refresh token for a new pair. The old pair keeps working until the new one is used, so that an answer
 * lost on the way loses nothing. Throws 401 `M_UNKNOWN_TOKEN` for a token that is unknown, expired or used up.
 * Spec: CS API §Refreshing access tokens
 */
export function refreshSession(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
  config: AccountsConfig
}): RefreshSession {
  return (refreshToken) =>
    deps.storage.write(async (tx) => {
      const nowMs = deps.clock.nowMs()
      const known = await tx.tokens.findRefresh(hashToken(refreshToken))
      if (known === undefined) throw unknownToken('The refresh token is unknown or has been used')
      if (known.expiryTs !== null && known.expiryTs <= nowMs)
        throw unknownToken('The refresh token has expired', true)
      if ((await tx.accounts.get(known.userId)).locked) throw userLocked()
      await tx.tokens.retireParent(known.id)
      const { userId, deviceId, sessionExpiryTs } = known
      return issuePairIn(
        tx,
        { userId, deviceId, sessionExpiryTs, parentId: known.id },
        { lifetimes: deps.config, nowMs },
      )
    })
}
