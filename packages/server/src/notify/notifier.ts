import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import {
  type CommittedEvent,
  type Fact,
  type ReceiptRow,
  ROOM_PURGED,
  type Storage,
  TOKENS_REMOVED,
  USERS_SIGNED,
  type UserSignatureChange,
} from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { ActiveUser } from './active-user.ts'
import { type ActiveUserLimits, ActiveUsers } from './active-users.ts'
import { forgetQueues, noteToDevice } from './device-queues.ts'
import type { StreamPositions } from './positions.ts'

/**
 * Who must hear of what. Facts are applied in commit order: first what they change is noted with every active user
 * they concern, then {@link positions} move on, then those users' waiting requests wake. So a request that sees a
 * position sees everything up to it.
 */
export class Notifier {
  /** The newest positions a client may be told. Replaced, never changed: a reader may keep it. */
  positions: StreamPositions
  readonly #storage: Storage
  readonly #onError: (error: unknown) => void
  readonly #users: ActiveUsers
  /** Facts about users whose rooms have to be read first, one after another. */
  #resolving: Promise<void> | undefined

  /** `positions` as they are in storage now; no fact may pass between reading them and this. */
  constructor(options: {
    storage: Storage
    clock: Clock
    limits: ActiveUserLimits
    positions: StreamPositions
    onError: (error: unknown) => void
  }) {
    this.#storage = options.storage
    this.positions = options.positions
    this.#onError = options.onError
    this.#users = new ActiveUsers({ ...options, positions: () => this.positions })
    options.storage.subscribe((facts) => this.#apply(facts))
  }

  get activeUsers(): number {
    return this.#users.size
  }

  /** Resolves when every fact that has come is visible in {@link positions}. Mostly that is now. */
  settled(): Promise<void> | undefined {
    return this.#resolving
  }

  /** The user as active; loaded if they were not. Stays in memory until the caller calls {@link release}. */
  use(userId: UserId): Promise<ActiveUser> {
    return this.#users.use(userId)
  }

  /** The user, if active already; stays so a while longer. */
  known(userId: UserId): ActiveUser | undefined {
    return this.#users.known(userId)
  }

  release(user: ActiveUser): void {
    this.#users.release(user)
  }

  /** Active users joined to the room. */
  activeMembers(roomId: RoomId): ReadonlySet<ActiveUser> {
    return this.#users.membersOf(roomId)
  }

  find(userId: UserId): ActiveUser | undefined {
    return this.#users.find(userId)
  }

  /** The list of those who type in a room has changed; `position` is the new value of the typing counter. */
  typingChanged(roomId: RoomId, position: number): void {
    this.positions = { ...this.positions, typing: position }
    for (const user of this.activeMembers(roomId)) {
      user.noteRoom('typing', roomId, position)
      user.wake()
    }
  }

  #apply(facts: readonly Fact[]): void {
    const woken = new Set<ActiveUser>()
    const positions = { ...this.positions }
    for (const fact of facts) {
      switch (fact.stream) {
        case 'events':
          this.#applyEvent(fact, woken)
          if (fact.change === ROOM_PURGED) this.#users.forgetRoom(fact)
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
          if (!HARMLESS.has(fact.change)) this.#users.find(fact.key as UserId)?.dismiss()
          if (fact.change === TOKENS_REMOVED) this.#tokensRemoved(fact.key as UserId)
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
      const user = this.#users.concernedBy(fact, member.userId)
      if (user !== undefined) {
        this.#users.noteMembership(user, fact, member)
        user.noteRoom('events', roomId, fact.position)
        woken.add(user)
      }
    }
    for (const user of this.activeMembers(roomId)) {
      user.noteRoom('events', roomId, fact.position)
      woken.add(user)
    }
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
    const user = this.#users.find(fact.key as UserId)
    if (user === undefined) return
    user.accountData = fact.position
    woken.add(user)
  }

  #applyToDevice(fact: Fact, woken: Set<ActiveUser>): void {
    const user = this.#users.concernedBy(fact, fact.key as UserId)
    if (user === undefined) return
    noteToDevice(user, fact)
    woken.add(user)
  }

  /** Of devices that are logged out. */
  #tokensRemoved(userId: UserId): void {
    const user = this.#users.find(userId)
    if (user !== undefined) void forgetQueues(this.#storage, user).catch(this.#onError)
  }

  /** A fact about a user that concerns everybody who shares a room with them. */
  #spread(fact: Fact, positions: StreamPositions, woken: Set<ActiveUser>): void {
    const about = this.#users.find(fact.key as UserId)
    if (about !== undefined && this.#resolving === undefined) {
      for (const user of this.#noteSpread(fact, [...about.joinedRooms()])) woken.add(user)
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
    const about = this.#users.find(userId)
    if (about !== undefined) concerned.add(about)
    for (const roomId of roomIds) for (const user of this.activeMembers(roomId)) concerned.add(user)
    for (const user of concerned) user.noteUser(positionOf(fact), userId, fact.position)
    return concerned
  }

  /** Signatures on others' keys are for the eyes of who made them: for that user alone those keys have changed. */
  #noteSigned(fact: Fact): Set<ActiveUser> {
    const signer = this.#users.find(fact.key as UserId)
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
    for (const user of this.#users.all()) user.start[positionOf(fact)] = fact.position
    return this.#users.all()
  }
}

/** Changes of accounts after which every token is as good as before. */
const HARMLESS: ReadonlySet<string | undefined> = new Set(['token-added', 'profile', 'ratelimit'])

function positionOf(fact: Fact): 'deviceLists' | 'presence' {
  return fact.stream === 'presence' ? 'presence' : 'deviceLists'
}
