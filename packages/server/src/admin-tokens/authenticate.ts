import type { TokenScope } from '@ranvier/admin-api/areas'
import type { Storage } from '@ranvier/storage'
import { hashToken } from '../accounts/secrets.ts'
import type { Clock } from '../clock.ts'
import { unknownToken } from '../errors.ts'
import type { Requester } from '../requester.ts'

/** What scoped tokens begin with: nothing else does, so no other token pays for their being there. */
export const ADMIN_TOKEN_PREFIX = 'rva_'
/** How exact "last used" is. */
const LAST_USE_GRANULARITY_MS = 60_000

/**
 * Finds who a scoped token stands for, anew at each request. 401 `M_UNKNOWN_TOKEN` for an unknown, expired or revoked one,
 * and for one whose owner is no administrator any more, is locked or deactivated: then all tokens of the owner end for good.
 */
export type AuthenticateAdminToken = (token: string, from: { ip: string }) => Promise<Requester>

export function authenticateAdminToken(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
}): AuthenticateAdminToken {
  const { storage, clock } = deps
  return async (token, { ip }) => {
    const found = await storage.read.adminTokens.findHolder(hashToken(token))
    const nowMs = clock.nowMs()
    if (found === undefined || found.ended !== null) throw unknownToken()
    const { id, userId, name, expiresTs, lastUsedTs } = found
    if (expiresTs !== null && expiresTs <= nowMs) throw unknownToken('Access token has expired')
    if (!found.ownerIsAdmin || found.ownerIsShut) {
      await storage.write((tx) => tx.adminTokens.endAllOf(userId))
      throw unknownToken()
    }
    if (lastUsedTs === null || Math.abs(nowMs - lastUsedTs) >= LAST_USE_GRANULARITY_MS)
      await storage.write((tx) => tx.adminTokens.touch(id, nowMs, ip.slice(0, 64)))
    return {
      userId,
      deviceId: null,
      tokenId: -1, // of no session
      isGuest: false,
      shadowBanned: found.shadowBanned,
      suspended: found.suspended,
      locked: false,
      puppetedBy: null,
      appserviceId: null,
      accessTokenValidUntilMs: expiresTs,
      adminToken: { id, name, scopes: found.scopes as TokenScope[], expiresTs }, // checked when it was made
    }
  }
}
