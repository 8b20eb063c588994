import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { type CommittedEvent, type Fact, ROOM_PURGED, type Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { ActiveUser, type DeviceQueue, type OwnMembership } from './active-user.ts'
import { noteToDevice } from './device-queues.ts'
import { OldChanges } from './old-changes.ts'
import type { StreamPositions } from './positions.ts'

export interface ActiveUserLimits {
  /** Users kept in memory; the least recently used goes first. */
  activeUsers: number
  /** How long a user who does not sync stays in memory. */
  idleMs: number
  /** Rooms and users with changes that are kept of each active user and stream. */
  maxChanged: number
}

export interface ActiveUsersParts {
  storage: Storage
  clock: Clock
  limits: ActiveUserLimits
  /** Where the streams are now, as far as clients are told. */
  positions: () => StreamPositions
}

const SWEEP_INTERVAL_MS = 60_000

/** Facts about a user who was being loaded when they came. */
interface Loading {
  promise: Promise<ActiveUser>
  missed: Fact[]
  /** Callers who wait for it. */
  users: number
}

/** Who syncs, or did so lately, by themselves and by the rooms they are joined to. */
export class ActiveUsers {
  readonly #parts: ActiveUsersParts
  /** Least recently used first. */
  readonly #users = new Map<UserId, ActiveUser>()
  readonly #loading = new Map<UserId, Loading>()
  readonly #members = new Map<RoomId, Set<ActiveUser>>()
  readonly #oldChanges: OldChanges
  #sweeping = false

  constructor(parts: ActiveUsersParts) {
    this.#parts = parts
    this.#oldChanges = new OldChanges(parts.clock.nowMs(), parts.positions())
  }

  get size(): number {
    return this.#users.size
  }

  find(userId: UserId): ActiveUser | undefined {
    return this.#users.get(userId)
  }

  all(): Iterable<ActiveUser> {
    return this.#users.values()
  }

  /** Those joined to the room. */
  membersOf(roomId: RoomId): ReadonlySet<ActiveUser> {
    return this.#members.get(roomId) ?? NOBODY
  }

  /** The user, if active already; counts as used. */
  known(userId: UserId): ActiveUser | undefined {
    const user = this.#users.get(userId)
    if (user === undefined) return undefined
    this.#users.delete(userId)
    this.#users.set(userId, user)
    user.lastUsedMs = this.#parts.clock.nowMs()
    return user
  }

  /** The user as active; loaded if they were not. Stays in the index until the caller calls {@link release}. */
  async use(userId: UserId): Promise<ActiveUser> {
    const known = this.known(userId)
    if (known !== undefined) {
      known.inUse++
      return known
    }
    const loading = this.#loading.get(userId)
    if (loading !== undefined) {
      loading.users++
      return loading.promise
    }
    const begun = { missed: [], users: 1 }
    const promise = this.#load(userId, begun).finally(() => this.#loading.delete(userId))
    this.#loading.set(userId, Object.assign(begun, { promise }))
    return promise
  }

  release(user: ActiveUser): void {
    user.inUse--
    user.lastUsedMs = this.#parts.clock.nowMs()
    if (user.inUse === 0 && this.#users.size > this.#parts.limits.activeUsers) this.#remove(user)
  }

  /** Whom the fact is about, if active; who is being loaded hears of it once they are. */
  concernedBy(fact: Fact, userId: UserId): ActiveUser | undefined {
    this.#loading.get(userId)?.missed.push(fact)
    return this.#users.get(userId)
  }

  noteMembership(user: ActiveUser, fact: Fact, member: NonNullable<CommittedEvent['member']>): void {
    const roomId = fact.key as RoomId
    if (member.to === 'join') this.#addMember(roomId, user)
    else this.#removeMember(roomId, user)
    user.rooms.set(roomId, { membership: member.to, nid: fact.position })
  }

  /** For nobody there is such a room. */
  forgetRoom(fact: Fact): void {
    const roomId = fact.key as RoomId
    this.#members.delete(roomId)
    for (const user of this.#users.values()) user.forgetRoom(roomId)
    for (const { missed } of this.#loading.values()) missed.push(fact)
  }

  async #load(userId: UserId, loading: Omit<Loading, 'promise'>): Promise<ActiveUser> {
    const { storage, clock, limits, positions } = this.#parts
    const [roomRows, queues] = await Promise.all([
      storage.read.members.roomsOf(userId),
      storage.read.toDevice.waiting(userId),
    ])
    const rooms = new Map<RoomId, OwnMembership>()
    // Forgotten rooms too: the user's other clients may still have to hear that they ended.
    for (const { roomId, membership, nid } of roomRows) rooms.set(roomId, { membership, nid })
    const toDevice = new Map<string, DeviceQueue>()
    for (const { deviceId, position } of queues) toDevice.set(deviceId, { last: position, acknowledged: 0 })
    const user = new ActiveUser({
      userId,
      start: { ...positions() },
      rooms,
      toDevice,
      nowMs: clock.nowMs(),
      maxChanged: limits.maxChanged,
    })
    for (const roomId of user.joinedRooms()) this.#addMember(roomId, user)
    this.#users.set(userId, user)
    user.inUse = loading.users
    // What came while we were reading may or may not be in what we read; applied again it gives the same.
    for (const fact of loading.missed) this.#applyMissed(user, fact)
    this.#makeRoom()
    this.#sweepLater()
    return user
  }

  #applyMissed(user: ActiveUser, fact: Fact): void {
    if (fact.stream === 'to_device') noteToDevice(user, fact)
    if (fact.change === ROOM_PURGED) {
      this.#removeMember(fact.key as RoomId, user)
      user.forgetRoom(fact.key as RoomId)
    }
    const member = (fact.detail as CommittedEvent | undefined)?.member
    if (member !== undefined) this.noteMembership(user, fact, member)
  }

  #addMember(roomId: RoomId, user: ActiveUser): void {
    const members = this.#members.get(roomId)
    if (members === undefined) this.#members.set(roomId, new Set([user]))
    else members.add(user)
  }

  #removeMember(roomId: RoomId, user: ActiveUser): void {
    const members = this.#members.get(roomId)
    if (members === undefined) return
    members.delete(user)
    if (members.size === 0) this.#members.delete(roomId)
  }

  #remove(user: ActiveUser): void {
    this.#users.delete(user.userId)
    for (const roomId of user.joinedRooms()) this.#removeMember(roomId, user)
  }

  #makeRoom(): void {
    const { activeUsers } = this.#parts.limits
    if (this.#users.size <= activeUsers) return
    for (const user of this.#users.values()) {
      if (user.inUse > 0) continue
      this.#remove(user)
      if (this.#users.size <= activeUsers) return
    }
  }

  #sweepLater(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    const { clock, limits, positions } = this.#parts
    clock.setTimeout(() => {
      this.#sweeping = false
      const oldestMs = clock.nowMs() - limits.idleMs
      for (const user of [...this.#users.values()])
        if (user.inUse === 0 && user.lastUsedMs < oldestMs) this.#remove(user)
      this.#oldChanges.forget(this.#users.values(), clock.nowMs(), positions())
      if (this.#users.size > 0) this.#sweepLater()
    }, SWEEP_INTERVAL_MS)
  }
}

const NOBODY: ReadonlySet<ActiveUser> = new Set()
