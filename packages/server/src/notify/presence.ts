import type { UserId } from '@ranvier/protocol/ids/brands'
import type { CommittedEvent, Fact, Presence, PresenceState, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import { createRecentCache } from '../recent-cache.ts'

// Synapse: handlers/presence
const OFFLINE_AFTER_MS = 30_000
const IDLE_AFTER_MS = 5 * 60_000
const CURRENTLY_ACTIVE_MS = 60_000
const MAX_GONE = 1_000
const MAX_LEFT_ONLINE = 10_000 // from the run before; more than connected users are not to be expected

interface Tracked {
  userId: UserId
  state: PresenceState
  statusMsg: string | null
  lastActiveMs: number
  lastSyncMs: number
  /** Syncs that are open and count. */
  syncing: number
  timer: Timer | undefined
}

/**
 * Who is online. Users who sync are; without a sync for half a minute they are offline, and who does nothing but sync
 * for five minutes is unavailable. Only such changes are written and told to others.
 */
export class PresenceTracker {
  readonly enabled: boolean
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  /** Everybody who is not offline, or syncs. */
  readonly #users = new Map<UserId, Tracked>()
  /** What is stored of who went lately: everybody who shares a room with them asks for it, one by one. */
  readonly #gone = createRecentCache<UserId, Presence>(MAX_GONE)

  constructor(options: {
    storage: Storage
    clock: Clock
    enabled: boolean
    onError: (error: unknown) => void
  }) {
    this.enabled = options.enabled
    this.#storage = options.storage
    this.#clock = options.clock
    this.#onError = options.onError
    if (this.enabled) options.storage.subscribe((facts) => this.#activity(facts))
  }

  /** Takes over who was online when the server stopped: they have as long to come back as after a lost connection. */
  async start(): Promise<void> {
    if (!this.enabled) return
    for (const row of await this.#storage.read.presence.listPresent(MAX_LEFT_ONLINE)) {
      if (this.#users.has(row.userId)) continue
      this.#track({ ...row, lastActiveMs: row.lastActiveTs })
    }
  }

  /** Whether a sync in this state shows that the user is there. */
  counts(state: PresenceState): boolean {
    return this.enabled && state !== 'offline'
  }

  /**
   * A sync begins; call the result when it ends. `offline` leaves everything as it is. What it changes is known to
   * everybody by then: the sync's own token lies behind it, and the next one is not woken by it.
   */
  async syncing(userId: UserId, state: PresenceState): Promise<() => void> {
    if (!this.counts(state)) return () => {}
    const user = await this.#find(userId)
    user.syncing++
    user.lastSyncMs = this.#clock.nowMs()
    if (user.state === 'offline') {
      if (state === 'online') user.lastActiveMs = user.lastSyncMs
      await this.#become(user, state)
    } else if (state === 'unavailable' && user.state === 'online') await this.#become(user, state)
    else this.#arm(user)
    return () => {
      user.syncing--
      user.lastSyncMs = this.#clock.nowMs()
      this.#arm(user)
    }
  }

  /** The user says so themselves. `statusMsg` undefined keeps what there is. */
  async set(userId: UserId, state: PresenceState, statusMsg: string | null): Promise<void> {
    if (!this.enabled) return
    const user = await this.#find(userId)
    user.state = state
    user.statusMsg = statusMsg
    user.lastSyncMs = this.#clock.nowMs()
    if (state === 'online') user.lastActiveMs = user.lastSyncMs
    await this.#write(user)
    this.#arm(user)
  }

  /** `undefined` for who never was online. */
  async get(userId: UserId): Promise<Presence | undefined> {
    return this.#known(userId) ?? this.#storage.read.presence.find(userId)
  }

  /** Who is not offline. */
  present(): Presence[] {
    const found: Presence[] = []
    for (const user of this.#users.values()) if (user.state !== 'offline') found.push(this.#presenceOf(user))
    return found
  }

  /** The presence of several users, without those who never were online. */
  async list(userIds: readonly UserId[]): Promise<Presence[]> {
    const found: Presence[] = []
    const unknown: UserId[] = []
    for (const userId of userIds) {
      const known = this.#known(userId)
      if (known === undefined) unknown.push(userId)
      else found.push(known)
    }
    return unknown.length === 0 ? found : [...found, ...(await this.#storage.read.presence.list(unknown))]
  }

  #known(userId: UserId): Presence | undefined {
    const user = this.#users.get(userId)
    return user === undefined ? this.#gone.get(userId) : this.#presenceOf(user)
  }

  /** What users send shows that they are there; and what becomes of them is kept in mind. */
  #activity(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.stream === 'presence') this.#noteGone(fact)
      // An account that goes takes its presence with it, and tells no more than that something changed.
      else if (fact.stream === 'accounts') this.#gone.delete(fact.key as UserId)
      else if (fact.stream === 'events') this.#active((fact.detail as CommittedEvent | undefined)?.row.sender)
      else if (fact.stream === 'receipts')
        this.#active((fact.detail as { userId?: UserId } | undefined)?.userId)
    }
  }

  #noteGone({ key, detail }: Fact): void {
    const row = detail as Presence | undefined
    if (row?.state === 'offline') this.#gone.set(row.userId, row)
    else this.#gone.delete(key as UserId)
  }

  #active(userId: UserId | undefined): void {
    const user = userId === undefined ? undefined : this.#users.get(userId)
    if (user === undefined) return
    user.lastActiveMs = this.#clock.nowMs()
    // Only an idle client comes back by itself; who said "unavailable" and goes on syncing is taken at their word too.
    if (user.state === 'unavailable' && user.syncing > 0) void this.#become(user, 'online')
  }

  async #find(userId: UserId): Promise<Tracked> {
    const known = this.#users.get(userId)
    if (known !== undefined) return known
    const stored = await this.#storage.read.presence.find(userId)
    return (
      this.#users.get(userId) ??
      this.#track({
        userId,
        state: stored?.state ?? 'offline',
        statusMsg: stored?.statusMsg ?? null,
        lastActiveMs: stored?.lastActiveTs ?? this.#clock.nowMs(),
      })
    )
  }

  #track(presence: Pick<Tracked, 'userId' | 'state' | 'statusMsg' | 'lastActiveMs'>): Tracked {
    const { userId, state, statusMsg, lastActiveMs } = presence
    const lastSyncMs = this.#clock.nowMs()
    const user: Tracked = { userId, state, statusMsg, lastActiveMs, lastSyncMs, syncing: 0, timer: undefined }
    this.#users.set(userId, user)
    this.#arm(user)
    return user
  }

  /** Sets the timer to the next moment at which time alone changes something. */
  #arm(user: Tracked): void {
    user.timer?.cancel()
    user.timer = undefined
    const nowMs = this.#clock.nowMs()
    const dueMs: number[] = []
    if (user.syncing === 0) dueMs.push(user.lastSyncMs + OFFLINE_AFTER_MS)
    if (user.state === 'online') dueMs.push(user.lastActiveMs + IDLE_AFTER_MS)
    if (dueMs.length === 0) return
    const delayMs = Math.max(0, Math.min(...dueMs) - nowMs)
    user.timer = this.#clock.setTimeout(() => this.#timePassed(user), delayMs)
  }

  #timePassed(user: Tracked): void {
    user.timer = undefined
    const nowMs = this.#clock.nowMs()
    if (user.syncing === 0 && nowMs >= user.lastSyncMs + OFFLINE_AFTER_MS) {
      this.#users.delete(user.userId)
      if (user.state === 'offline') return
      user.state = 'offline'
      this.#write(user).catch(this.#onError)
    } else if (user.state === 'online' && nowMs >= user.lastActiveMs + IDLE_AFTER_MS)
      void this.#become(user, 'unavailable')
    else this.#arm(user)
  }

  /** Never rejects: nobody's request fails by it. */
  #become(user: Tracked, state: PresenceState): Promise<void> {
    user.state = state
    this.#arm(user)
    return this.#write(user).catch(this.#onError)
  }

  #write(user: Tracked): Promise<void> {
    const presence = this.#presenceOf(user)
    return this.#storage.write((tx) => tx.presence.set(presence))
  }

  #presenceOf({ userId, state, statusMsg, lastActiveMs }: Tracked): Presence {
    const recent = this.#clock.nowMs() - lastActiveMs < CURRENTLY_ACTIVE_MS
    const currentlyActive = state === 'online' && recent
    return { userId, state, statusMsg, lastActiveTs: lastActiveMs, currentlyActive }
  }
}

/** The content of an `m.presence` event, and the answer of `GET /presence/{userId}/status`. */
export function presenceContent(presence: Presence, nowMs: number): Record<string, unknown> {
  const { state, statusMsg, lastActiveTs, currentlyActive } = presence
  return {
    presence: state,
    last_active_ago: Math.max(0, nowMs - lastActiveTs),
    ...(statusMsg === null ? {} : { status_msg: statusMsg }),
    ...(state === 'online' ? { currently_active: currentlyActive } : {}),
  }
}
