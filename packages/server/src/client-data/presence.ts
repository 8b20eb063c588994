import type { UserId } from '@ranvier/protocol/ids/brands'
import type { PresenceState, Storage } from '@ranvier/storage'
import { isUnlimited } from '../accounts/rate-limit-overrides.ts'
import type { Clock } from '../clock.ts'
import { forbidden } from '../errors.ts'
import { type PresenceTracker, presenceContent } from '../notify/presence.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'

export interface PresenceParts {
  storage: Storage
  presence: PresenceTracker
  rateLimits: Pick<RateLimits, 'check'>
  clock: Clock
}

const OFFLINE = { presence: 'offline' }

/** Presence as its own user sets it and others see it. */
export class PresenceStatus {
  readonly #parts: PresenceParts

  constructor(parts: PresenceParts) {
    this.#parts = parts
  }

  /** 403 for another user's. Where presence is switched off, nothing happens. */
  async set(by: Requester, userId: UserId, state: PresenceState, statusMsg: string | null): Promise<void> {
    if (by.userId !== userId) throw forbidden("Cannot set another user's presence state")
    const { storage, rateLimits } = this.#parts
    if (!(await isUnlimited(storage, by))) rateLimits.check('rc_presence_per_user', userId)
    await this.#parts.presence.set(userId, state, statusMsg)
  }

  /** 403 for a user with whom the requester shares no room, also one who does not exist. */
  async get(by: Requester, userId: UserId): Promise<Record<string, unknown>> {
    const { storage, presence, clock } = this.#parts
    if (!presence.enabled) return OFFLINE
    if (by.userId !== userId && (await storage.read.members.sharingWith(by.userId, [userId])).length === 0)
      throw forbidden('You are not allowed to see their presence')
    const known = await presence.get(userId)
    return known === undefined ? OFFLINE : presenceContent(known, clock.nowMs())
  }
}
