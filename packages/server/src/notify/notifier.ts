import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import {
  type CommittedEvent,
  type Fact,
  type ReceiptRow,
  ROOM_PURGED,
  type Storage,
  TOKENS_REMOVED,
  type ToDeviceChange,
  USERS_SIGNED,
  type UserSignatureChange,
} from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { ActiveUser, type DeviceQueue, type OwnMembership } from './active-user.ts'
import type { StreamPositions } from './positions.ts'

export interface NotifierLimits {
  /** Users kept in memory; the least recently used goes first. */
  activeUsers: number
  /** How long a user who does not sync stays in memory. */
  idleMs: number
  /** Rooms and users with changes that are kept of each active user and stream. */
  maxChanged: number
}

const SWEEP_INTERVAL_MS = 60_000
/** Who has not synced for longer asks the database, up to twice as long. */
const CHANGES_KEPT_MS = 30 * 60_000

/** Facts about a user who was being loaded when they came. */
interface Loading {
  promise: Promise<ActiveUser>
  missed: Fact[]
  /** Callers who wait for it. */
  users: number
}

/**
 * Who must hear of what. Facts are applied in commit order: first what they change is noted with every active user
 * they concern, then {@link positions} move on, then those users' waiting requests wake. So a request that sees a
 * position sees everything up to it.
 */
export class Notifier {
  /** The newest positions a client may be told. Replaced, never changed: a reader may keep it. */
  positions: StreamPositions
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #limits: NotifierLimits
  readonly #onError: (error: unknown) => void
  /** Least recently used first. */
  readonly #users = new Map<UserId, ActiveUser>()
  readonly #loading = new Map<UserId, Loading>()
  /** Active users joined to a room. */
  readonly #members = new Map<RoomId, Set<ActiveUser>>()
  /** Facts about users whose rooms have to be read first, one after another. */
  #resolving: Promise<void> | undefined
  #sweeping = false
  /** Where the streams were: what has not changed since is forgotten at the next mark. */
  #mark: { atMs: number; positions: StreamPositions }

  /** `positions` as they are in storage now; no fact may pass between reading them and this. */
  constructor(options: {
    storage: Storage
    clock: Clock
    limits: NotifierLimits
    positions: StreamPositions
    onError: (error: unknown) => void
  }) {
    this.#storage = options.storage
    this.#clock = options.clock
    this.#limits = options.limits
    this.positions = options.positions
    this.#mark = { atMs: options.clock.nowMs(), positions: options.positions }
    this.#onError = options.onError
    options.storage.subscribe((facts) => this.#apply(facts))
  }

  get activeUsers(): number {
    return this.#users.size
  }

  /** Resolves when every fact that has come is visible in {@link positions}. Mostly that is now. */
  settled(): Promise<void> | undefined {
    return this.#resolving
  }

  /** The user as active; loaded if they were not. Stays in the index until the caller calls {@link release}. */
  async use(userId: UserId): Promise<ActiveUser> {
    const known = this.#users.get(userId)
    if (known !== undefined) {
      this.#users.delete(userId)
      this.#users.set(userId, known)
      known.lastUsedMs = this.#clock.nowMs()
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
    user.lastUsedMs = this.#clock.nowMs()
    if (user.inUse === 0 && this.#users.size > this.#limits.activeUsers) this.#remove(user)
  }

  /** Active users joined to the room. */
  activeMembers(roomId: RoomId): ReadonlySet<ActiveUser> {
    return this.#members.get(roomId) ?? NOBODY
  }

  find(userId: UserId): ActiveUser | undefined {
    return this.#users.get(userId)
  }

  /** The list of those who type in a room has changed; `position` is the new value of the typing counter. */
  typingChanged(roomId: RoomId, position: number): void {
    this.positions = { ...this.positions, typing: position }
    for (const user of this.activeMembers(roomId)) {
      user.noteRoom('typing', roomId, position)
      user.wake()
    }
  }

  async #load(userId: UserId, loading: Omit<Loading, 'promise'>): Promise<ActiveUser> {
    const [roomRows, queues] = await Promise.all([
      this.#storage.read.members.roomsOf(userId),
      this.#storage.read.toDevice.waiting(userId),
    ])
    const rooms = new Map<RoomId, OwnMembership>()
    // Forgotten rooms too: the user's other clients may still have to hear that they ended.
    for (const { roomId, membership, nid } of roomRows) rooms.set(roomId, { membership, nid })
    const toDevice = new Map<string, DeviceQueue>()
    for (const { deviceId, position } of queues) toDevice.set(deviceId, { last: position, acknowledged: 0 })
    const user = new ActiveUser({
      userId,
      start: { ...this.positions },
      rooms,
      toDevice,
      nowMs: this.#clock.nowMs(),
      maxChanged: this.#limits.maxChanged,
    })
    for (const [roomId, { membership }] of rooms) if (membership === 'join') this.#addMember(roomId, user)
    this.#users.set(userId, user)
    user.inUse = loading.users
    // What came while we were reading may or may not be in what we read; applied again it gives the same.
    for (const fact of loading.missed) this.#applyToUser(user, fact)
    this.#makeRoom()
    this.#sweepLater()
    return user
  }

  #applyToUser(user: ActiveUser, fact: Fact): void {
    if (fact.stream === 'to_device') this.#noteToDevice(user, fact)
    if (fact.change === ROOM_PURGED) {
      this.#removeMember(fact.key as RoomId, user)
      user.forgetRoom(fact.key as RoomId)
    }
    const member = (fact.detail as CommittedEvent | undefined)?.member
    if (member !== undefined) this.#noteMembership(user, fact, member)
  }

  #apply(facts: readonly Fact[]): void {
    const woken = new Set<ActiveUser>()
    const positions = { ...this.positions }
    for (const fact of facts) {
      switch (fact.stream) {
        case 'events':
          this.#applyEvent(fact, woken)
          if (fact.change === ROOM_PURGED) this.#forgetRoom(fact)
          positions.events = fact.position
          break
        case 'receipts':
          this.#applyReceipt(fact, woken)
          positions.receipts = fact.position
          break
        case 'account_data':
          this.#applyAccountData(fact, woken)
          positions.accountData = fact.position
          break
        case 'to_device':
          this.#applyToDevice(fact, woken)
          positions.toDevice = fact.position
          break
        case 'device_lists':
        case 'presence':
          this.#spread(fact, positions, woken)
          break
        case 'accounts':
          // Logged out, locked, deactivated: what waits with an old token is answered, and the next request refused.
          if (!HARMLESS.has(fact.change)) this.#users.get(fact.key as UserId)?.dismiss()
          if (fact.change === TOKENS_REMOVED) void this.#forgetQueues(fact.key as UserId).catch(this.#onError)
          break
        case 'jobs':
          break
      }
    }
    this.positions = positions
    for (const user of woken) user.wake()
  }

  #applyEvent(fact: Fact, woken: Set<ActiveUser>): void {
    const roomId = fact.key as RoomId
    const member = (fact.detail as CommittedEvent | undefined)?.member
    if (member !== undefined) {
      this.#loading.get(member.userId)?.missed.push(fact)
      const user = this.#users.get(member.userId)
      if (user !== undefined) {
        this.#noteMembership(user, fact, member)
        user.noteRoom('events', roomId, fact.position)
        woken.add(user)
      }
    }
    for (const user of this.activeMembers(roomId)) {
      user.noteRoom('events', roomId, fact.position)
      woken.add(user)
    }
  }

  #noteMembership(user: ActiveUser, fact: Fact, member: NonNullable<CommittedEvent['member']>): void {
    const roomId = fact.key as RoomId
    if (member.to === 'join') this.#addMember(roomId, user)
    else this.#removeMember(roomId, user)
    user.rooms.set(roomId, { membership: member.to, nid: fact.position })
  }

  #applyReceipt(fact: Fact, woken: Set<ActiveUser>): void {
    const roomId = fact.key as RoomId
    const receipt = fact.detail as ReceiptRow | undefined
    for (const user of this.activeMembers(roomId)) {
      if (receipt?.type === 'm.read.private' && receipt.userId !== user.userId) continue
      user.noteRoom('receipts', roomId, fact.position)
      woken.add(user)
    }
  }

  #applyAccountData(fact: Fact, woken: Set<ActiveUser>): void {
    const user = this.#users.get(fact.key as UserId)
    if (user === undefined) return
    user.accountData = fact.position
    woken.add(user)
  }

  #applyToDevice(fact: Fact, woken: Set<ActiveUser>): void {
    this.#loading.get(fact.key as UserId)?.missed.push(fact)
    const user = this.#users.get(fact.key as UserId)
    if (user === undefined) return
    this.#noteToDevice(user, fact)
    woken.add(user)
  }

  #noteToDevice(user: ActiveUser, fact: Fact): void {
    for (const deviceId of (fact.detail as ToDeviceChange | undefined)?.deviceIds ?? []) {
      const queue = user.toDevice.get(deviceId)
      if (queue === undefined) user.toDevice.set(deviceId, { last: fact.position, acknowledged: 0 })
      else queue.last = fact.position
    }
  }

  /** Devices may be gone, and what waited for them with them. */
  async #forgetQueues(userId: UserId): Promise<void> {
    const user = this.#users.get(userId)
    if (user === undefined || user.toDevice.size === 0) return
    const known = [...user.toDevice].map(([deviceId, queue]) => ({ deviceId, queue, last: queue.last }))
    const waiting = new Set((await this.#storage.read.toDevice.waiting(userId)).map((one) => one.deviceId))
    for (const { deviceId, queue, last } of known) {
      // One that has got something meanwhile may not have been read with it.
      const isSame = user.toDevice.get(deviceId) === queue && queue.last === last
      if (isSame && !waiting.has(deviceId)) user.toDevice.delete(deviceId)
    }
  }

  /** A fact about a user that concerns everybody who shares a room with them. */
  #spread(fact: Fact, positions: StreamPositions, woken: Set<ActiveUser>): void {
    const about = this.#users.get(fact.key as UserId)
    if (about !== undefined && this.#resolving === undefined) {
      for (const user of this.#noteSpread(fact, [...joinedRooms(about)])) woken.add(user)
      positions[positionOf(fact)] = fact.position
      return
    }
    // The rooms of a user who is not active have to be read. Until then clients are not told the new position.
    const before = this.#resolving ?? Promise.resolve()
    const resolving = before
      .then(() => this.#storage.read.members.roomsOf(fact.key, ['join']))
      .then((rooms) =>
        this.#noteSpread(
          fact,
          rooms.map((room) => room.roomId),
        ),
      )
      .catch((error: unknown) => this.#forgetStream(fact, error))
      .then((users) => {
        this.positions = { ...this.positions, [positionOf(fact)]: fact.position }
        for (const user of users) user.wake()
        if (this.#resolving === resolving) this.#resolving = undefined
      })
    this.#resolving = resolving
  }

  #noteSpread(fact: Fact, roomIds: readonly RoomId[]): Set<ActiveUser> {
    if (fact.change === USERS_SIGNED) return this.#noteSigned(fact)
    const userId = fact.key as UserId
    const concerned = new Set<ActiveUser>()
    const about = this.#users.get(userId)
    if (about !== undefined) concerned.add(about)
    for (const roomId of roomIds) for (const user of this.activeMembers(roomId)) concerned.add(user)
    for (const user of concerned) user.noteUser(positionOf(fact), userId, fact.position)
    return concerned
  }

  /** Signatures on others' keys are for the eyes of who made them: for that user alone those keys have changed. */
  #noteSigned(fact: Fact): Set<ActiveUser> {
    const signer = this.#users.get(fact.key as UserId)
    if (signer === undefined) return new Set()
    const detail = fact.detail as UserSignatureChange | undefined
    // Another process does not say who was signed: the database has to be asked.
    if (detail === undefined) signer.start.deviceLists = fact.position
    else for (const target of detail.targetUserIds) signer.noteUser('deviceLists', target, fact.position)
    return new Set([signer])
  }

  /** We could not find out whom the fact concerns: everybody has to ask the database for what came before it. */
  #forgetStream(fact: Fact, error: unknown): Iterable<ActiveUser> {
    this.#onError(error)
    for (const user of this.#users.values()) user.start[positionOf(fact)] = fact.position
    return this.#users.values()
  }

  #addMember(roomId: RoomId, user: ActiveUser): void {
    const members = this.#members.get(roomId)
    if (members === undefined) this.#members.set(roomId, new Set([user]))
    else members.add(user)
  }

  /** For nobody there is such a room. */
  #forgetRoom(fact: Fact): void {
    const roomId = fact.key as RoomId
    this.#members.delete(roomId)
    for (const user of this.#users.values()) user.forgetRoom(roomId)
    for (const { missed } of this.#loading.values()) missed.push(fact)
  }

  #removeMember(roomId: RoomId, user: ActiveUser): void {
    const members = this.#members.get(roomId)
    if (members === undefined) return
    members.delete(user)
    if (members.size === 0) this.#members.delete(roomId)
  }

  #remove(user: ActiveUser): void {
    this.#users.delete(user.userId)
    for (const [roomId, { membership }] of user.rooms)
      if (membership === 'join') this.#removeMember(roomId, user)
  }

  #makeRoom(): void {
    if (this.#users.size <= this.#limits.activeUsers) return
    for (const user of this.#users.values()) {
      if (user.inUse > 0) continue
      this.#remove(user)
      if (this.#users.size <= this.#limits.activeUsers) return
    }
  }

  #sweepLater(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#clock.setTimeout(() => {
      this.#sweeping = false
      const oldestMs = this.#clock.nowMs() - this.#limits.idleMs
      for (const user of [...this.#users.values()])
        if (user.inUse === 0 && user.lastUsedMs < oldestMs) this.#remove(user)
      this.#forgetChanges()
      if (this.#users.size > 0) this.#sweepLater()
    }, SWEEP_INTERVAL_MS)
  }

  /** Who stays for weeks meets many rooms and users: what changed long ago is forgotten. */
  #forgetChanges(): void {
    const atMs = this.#clock.nowMs()
    if (Math.abs(atMs - this.#mark.atMs) < CHANGES_KEPT_MS) return
    for (const user of this.#users.values()) user.forgetUpTo(this.#mark.positions)
    this.#mark = { atMs, positions: this.positions }
  }
}

/** Changes of accounts after which every token is as good as before. */
const HARMLESS: ReadonlySet<string | undefined> = new Set(['token-added', 'profile', 'ratelimit'])

const NOBODY: ReadonlySet<ActiveUser> = new Set()

function positionOf(fact: Fact): 'deviceLists' | 'presence' {
  return fact.stream === 'presence' ? 'presence' : 'deviceLists'
}

function* joinedRooms(user: ActiveUser): Generator<RoomId> {
  for (const [roomId, { membership }] of user.rooms) if (membership === 'join') yield roomId
}
