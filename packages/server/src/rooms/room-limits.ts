import type { Storage } from '@ranvier/storage'
import type { RateLimit, RateLimits } from '../rate-limit.ts'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'

/**
 * How often accounts may change rooms. Application services are not limited. An account's own limit is one of messages;
 * the others stay, unless it lifts them all.
 * Synapse: usage/configuration/config_documentation §Ratelimiting; admin_api/user_admin_api §Override ratelimiting.
 */
export class RoomLimits {
  readonly #storage: Storage
  readonly #limits: RateLimits
  readonly #overrides: RecentCache<string, Promise<{ limit: RateLimit | 'none' | undefined }>>

  constructor(storage: Storage, limits: RateLimits, cache: { users: number } = { users: 20_000 }) {
    this.#storage = storage
    this.#limits = limits
    this.#overrides = createRecentCache(cache.users)
    storage.subscribe((facts) => {
      for (const fact of facts) if (fact.stream === 'accounts') this.#overrides.delete(fact.key)
    })
  }

  /** Counts an event sent, a state set or a redaction; throws 429 `M_LIMIT_EXCEEDED`. */
  async message(by: Requester): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_message', by.userId, await this.#overrideOf(by.userId))
  }

  /** Counts a room made. */
  async creation(by: Requester): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_room_creation', by.userId)
  }

  /** Counts a join or knock. */
  async join(by: Requester, roomId: string): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_joins.local', by.userId)
    this.#limits.check('rc_joins_per_room', roomId)
  }

  /** Counts an invite: by who sends it, who gets it, and the room; a room still to be made is not counted. */
  async invite(by: Requester, target: string, roomId: string | undefined): Promise<void> {
    if (await this.#isUnlimited(by)) return
    if (roomId !== undefined) this.#limits.check('rc_invites.per_room', roomId)
    this.#limits.check('rc_invites.per_user', target)
    this.#limits.check('rc_invites.per_issuer', by.userId)
  }

  /** Counts an invite by an address. */
  async inviteByAddress(by: Requester): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_third_party_invite', by.userId)
  }

  /** Counts a search in the user directory. */
  async userSearch(by: Requester): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_user_directory', by.userId)
  }

  /** Counts a report of an event, a room or a user. */
  async report(by: Requester): Promise<void> {
    if (await this.#isUnlimited(by)) return
    this.#limits.check('rc_reports', by.userId)
  }

  /** An override of 0 a second lifts every limit; for a puppet token it is the administrator's that counts. */
  async #isUnlimited(by: Requester): Promise<boolean> {
    const { userId, puppetedBy, appserviceId, isRateLimited } = by
    return (
      (appserviceId !== null && !isRateLimited) || (await this.#overrideOf(puppetedBy ?? userId)) === 'none'
    )
  }

  async #overrideOf(userId: string): Promise<RateLimit | 'none' | undefined> {
    let known = this.#overrides.get(userId)
    if (known === undefined) {
      known = this.#load(userId)
      this.#overrides.set(userId, known)
      known.catch(() => this.#overrides.delete(userId))
    }
    return (await known).limit
  }

  async #load(userId: string): Promise<{ limit: RateLimit | 'none' | undefined }> {
    const row = await this.#storage.read.rateLimitOverrides.find(userId)
    if (row === undefined) return { limit: undefined }
    if (row.messagesPerSecond === 0) return { limit: 'none' }
    return { limit: { perSecond: row.messagesPerSecond, burst: row.burstCount } }
  }
}
