import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Fact, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { unknownToken } from '../../errors.ts'
import { createRecentCache } from '../../recent-cache.ts'
import type { Authenticate, IsAdmin, Requester } from '../../requester.ts'
import type { AccountsConfig } from '../config.ts'
import { consentUri, NEEDS_NO_CONSENT } from '../consent.ts'
import { hashToken } from '../secrets.ts'

/** What another process, or somebody's SQL, changed about an account works after this time at the latest. */
const MAX_AGE_MS = 30_000

interface Cached {
  requester: Requester
  loadedAtMs: number
}

/**
 * Finds who a token stands for. Answers are kept for 30 s at most, and dropped as soon as something commits about the
 * account or about the owner of the token.
 */
export function createAuthenticate(deps: {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  config: Pick<AccountsConfig, 'tokenCacheEntries' | 'validityPeriodMs' | 'consent' | 'publicBaseUrl'>
}): Authenticate {
  const byUser = new Map<string, Set<string>>()
  const cache = createRecentCache<string, Cached>(deps.config.tokenCacheEntries, ({ requester }, hash) => {
    for (const userId of usersOf(requester)) forget(byUser, userId, hash)
  })
  // Counts what was dropped: an answer read before a change must not be kept after it.
  let changes = 0

  deps.storage.subscribe((facts: readonly Fact[]) => {
    for (const { stream, key, change } of facts) {
      if (stream !== 'accounts' || change === 'token-added') continue
      changes++
      for (const hash of [...(byUser.get(key) ?? [])]) cache.delete(hash)
    }
  })

  async function load(hash: string): Promise<Requester> {
    const changesBefore = changes
    const holder = await deps.storage.read.tokens.findHolder(hash)
    if (holder === undefined) throw unknownToken()
    const { refreshTokenId, used, validUntilMs, expirationTs, consentVersion, ownerType, ...rest } = holder
    const requester: Requester = { ...rest, accessTokenValidUntilMs: validUntilMs }
    if (deps.config.validityPeriodMs !== null && expirationTs !== null)
      requester.accountExpiresTs = expirationTs
    const owed = owedConsent(deps.config, rest.puppetedBy ?? rest.userId, { consentVersion, ownerType })
    if (owed !== undefined) requester.owedConsent = owed
    checkNotExpired(requester, deps.clock.nowMs())
    if (refreshTokenId !== null && !used) {
      // Spec: CS API §Refreshing access tokens: the old pair works until the new one is used.
      await deps.storage.write((tx) => tx.tokens.retireParent(refreshTokenId))
      return requester
    }
    if (changes === changesBefore) {
      cache.set(hash, { requester, loadedAtMs: deps.clock.nowMs() })
      for (const userId of usersOf(requester)) remember(byUser, userId, hash)
    }
    return requester
  }

  return (token) => {
    const hash = hashToken(token)
    const cached = cache.get(hash)
    const nowMs = deps.clock.nowMs()
    if (cached === undefined || Math.abs(nowMs - cached.loadedAtMs) > MAX_AGE_MS) return load(hash)
    checkNotExpired(cached.requester, nowMs)
    return cached.requester
  }
}

/** Reads the flag anew every time: it may be set by SQL on the running server and must work at once. */
export function createIsAdmin(deps: { storage: Pick<Storage, 'read'> }): IsAdmin {
  return (userId) => deps.storage.read.accounts.isAdmin(userId)
}

function checkNotExpired({ accessTokenValidUntilMs }: Requester, nowMs: number): void {
  if (accessTokenValidUntilMs !== null && accessTokenValidUntilMs <= nowMs)
    throw unknownToken('Access token has expired', true)
}

function usersOf(requester: Requester): string[] {
  return requester.puppetedBy === null ? [requester.userId] : [requester.userId, requester.puppetedBy]
}

function remember(index: Map<string, Set<string>>, userId: string, hash: string): void {
  const hashes = index.get(userId)
  if (hashes === undefined) index.set(userId, new Set([hash]))
  else hashes.add(hash)
}

function forget(index: Map<string, Set<string>>, userId: string, hash: string): void {
  const hashes = index.get(userId)
  hashes?.delete(hash)
  if (hashes?.size === 0) index.delete(userId)
}

function owedConsent(
  { consent, publicBaseUrl }: Pick<AccountsConfig, 'consent' | 'publicBaseUrl'>,
  owner: UserId,
  has: { consentVersion: string | null; ownerType: string | null },
): Requester['owedConsent'] {
  if (consent === null || consent.config.blockEventsError === null) return undefined
  if (has.consentVersion === consent.config.version || NEEDS_NO_CONSENT.has(has.ownerType)) return undefined
  const uri = consentUri({ publicBaseUrl, secret: consent.secret }, owner)
  return { uri, message: consent.config.blockEventsError.replaceAll('%(consent_uri)s', uri) }
}
