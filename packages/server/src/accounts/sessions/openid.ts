import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { unknownToken } from '../../errors.ts'
import { hashToken, randomLetters } from '../secrets.ts'

const LIFETIME_MS = 3_600_000 // Synapse's
const TOKEN_LENGTH = 24

/** Tokens with which a third party asks this server who a user is. Spec: CS API §OpenID */
export interface OpenIdTokens {
  issue(userId: UserId): Promise<{ token: string; lifetimeMs: number }>
  /** Whose token it is. 401 `M_UNKNOWN_TOKEN` when it is nobody's (any more). */
  ownerOf(token: string): Promise<UserId>
}

export function openIdTokens(deps: { storage: Pick<Storage, 'read' | 'write'>; clock: Clock }): OpenIdTokens {
  const { storage, clock } = deps
  return {
    async issue(userId) {
      const token = randomLetters(TOKEN_LENGTH)
      const nowMs = clock.nowMs()
      const expiryTs = nowMs + LIFETIME_MS
      await storage.write((tx) => tx.openIdTokens.add(hashToken(token), userId, { expiryTs, nowMs }))
      return { token, lifetimeMs: LIFETIME_MS }
    },
    async ownerOf(token) {
      const owner = await storage.read.openIdTokens.find(hashToken(token), clock.nowMs())
      if (owner === undefined) throw unknownToken('Access Token unknown or expired')
      return owner
    },
  }
}
