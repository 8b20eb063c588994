import type { Clock } from './clock.ts'
import { limitExceeded } from './errors.ts'
import { createLastingCache } from './recent-cache.ts'

/** One limit: so many a second in the long run, `burst` of them at once. */
export interface RateLimit {
  perSecond: number
  burst: number
}

/**
 * The limits and their defaults, named as in the configuration (`rc_message`, `rc_login.address`, …).
 * Synapse: usage/configuration/config_documentation §Ratelimiting
 */
export const DEFAULT_RATE_LIMITS = {
  rc_message: { perSecond: 0.2, burst: 10 },
  rc_registration: { perSecond: 0.17, burst: 3 },
  rc_registration_token_validity: { perSecond: 0.1, burst: 5 },
  'rc_login.address': { perSecond: 0.003, burst: 5 },
  'rc_login.account': { perSecond: 0.003, burst: 5 },
  'rc_login.failed_attempts': { perSecond: 0.17, burst: 3 },
  rc_admin_redaction: { perSecond: 0.2, burst: 10 },
  'rc_joins.local': { perSecond: 0.1, burst: 10 },
  'rc_joins.remote': { perSecond: 0.01, burst: 10 },
  rc_joins_per_room: { perSecond: 1, burst: 10 },
  'rc_invites.per_room': { perSecond: 0.3, burst: 10 },
  'rc_invites.per_user': { perSecond: 0.003, burst: 5 },
  'rc_invites.per_issuer': { perSecond: 0.3, burst: 10 },
  rc_third_party_invite: { perSecond: 0.2, burst: 10 },
  rc_3pid_validation: { perSecond: 0.003, burst: 5 },
  rc_media_create: { perSecond: 10, burst: 50 },
  rc_presence_per_user: { perSecond: 0.1, burst: 1 },
  rc_delayed_event_mgmt: { perSecond: 1, burst: 5 },
  rc_reports: { perSecond: 1, burst: 5 },
  rc_room_creation: { perSecond: 0.016, burst: 10 },
  rc_user_directory: { perSecond: 0.016, burst: 200 },
} as const satisfies Record<string, RateLimit>

export type RateLimitKey = keyof typeof DEFAULT_RATE_LIMITS
export type RateLimitConfig = Record<RateLimitKey, RateLimit>

export interface RateLimits {
  /**
   * Counts one action of `id` (a user, an address, a room) against `key`, or throws 429 with the time to wait.
   * `override` is the account's own limit; `'none'` lets everything pass. A refused action is not counted.
   */
  check(key: RateLimitKey, id: string, override?: RateLimit | 'none'): void
  /** As {@link check} without counting: throws when an action would be refused now. */
  checkOnly(key: RateLimitKey, id: string, override?: RateLimit | 'none'): void
  /** Users, addresses and rooms that are counted now. */
  readonly counted: number
}

/** Actions counted and not yet drained, as of `atMs`. */
interface Bucket {
  level: number
  atMs: number
  /** From then on it is empty, which is as good as none. */
  emptyAtMs: number
}

const SWEEP_INTERVAL_MS = 60_000

/**
 * Leaky buckets: each action adds one, `perSecond` drain, and an action that would pass `burst` is refused.
 * Memory is bounded by those that are not empty, and by `maxEntries`; the least recently used bucket goes first, which a
 * flood of new ids can only use to forget ids that are themselves quiet.
 */
export function createRateLimits(
  config: RateLimitConfig,
  options: { clock: Clock; maxEntries?: number },
): RateLimits {
  const buckets = createLastingCache<string, Bucket>(options.maxEntries ?? 50_000)
  let sweptAtMs = options.clock.nowMs()

  function sweep(nowMs: number): void {
    if (Math.abs(nowMs - sweptAtMs) < SWEEP_INTERVAL_MS) return
    sweptAtMs = nowMs
    for (const [name, { emptyAtMs }] of [...buckets.entries()]) if (emptyAtMs <= nowMs) buckets.delete(name)
  }

  function take(
    key: RateLimitKey,
    id: string,
    override: RateLimit | 'none' | undefined,
    count: boolean,
  ): void {
    if (override === 'none') return
    const limit = override ?? config[key]
    const nowMs = options.clock.nowMs()
    const name = `${key}\0${id}`
    const bucket = buckets.get(name)
    // A clock that went back has drained nothing, and drains from now on.
    if (bucket !== undefined && bucket.atMs > nowMs) bucket.atMs = nowMs
    const drained = bucket === undefined ? 0 : ((nowMs - bucket.atMs) / 1000) * limit.perSecond
    const level = bucket === undefined ? 0 : Math.max(0, bucket.level - drained)
    // The sum of many small drains is off by rounding: a wait that was announced must be long enough.
    if (level + 1 > limit.burst + 1e-9) throw limitExceeded(waitMs(level, limit))
    if (!count) return
    const emptyAtMs = nowMs + ((level + 1) / limit.perSecond) * 1000 // never, for what does not drain
    buckets.set(name, { level: level + 1, atMs: nowMs, emptyAtMs })
    sweep(nowMs)
  }

  return {
    check: (key, id, override) => take(key, id, override, true),
    checkOnly: (key, id, override) => take(key, id, override, false),
    get counted() {
      return buckets.size
    },
  }
}

const A_DAY_MS = 24 * 60 * 60 * 1000

/** How long until one more action fits; a day for limits that never let it. */
function waitMs(level: number, limit: RateLimit): number {
  if (limit.perSecond <= 0 || limit.burst < 1) return A_DAY_MS
  return Math.min(A_DAY_MS, ((level + 1 - limit.burst) / limit.perSecond) * 1000)
}
