import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Membership } from '@ranvier/storage'
import type { StreamPositions } from './positions.ts'
import { RecencyMap } from './recency-map.ts'
import type { Waiter } from './waiters.ts'

/** The user's own place in a room. */
export interface OwnMembership {
  membership: Membership
  /** Position of the member event that says so. */
  nid: number
}

/** Messages that wait for one device. */
export interface DeviceQueue {
  /** Position of the newest message. */
  last: number
  /** Everything up to here has been deleted. */
  acknowledged: number
}

const CHANGES = ['events', 'receipts', 'typing', 'deviceLists', 'presence'] as const

/**
 * A user who syncs now or did so lately: what happened that concerns them, so that an incremental sync without news
 * reads nothing, and one with news reads only what is new.
 */
export class ActiveUser {
  readonly userId: UserId
  /** Changes after these positions are recorded here; for older ones the database has to be asked. */
  readonly start: StreamPositions
  readonly rooms: Map<RoomId, OwnMembership>
  /** Rooms with new events: joined ones, and others where the user's own membership changed. */
  readonly events: RecencyMap<RoomId>
  readonly receipts: RecencyMap<RoomId>
  readonly typing: RecencyMap<RoomId>
  /** Users who share a room with this one, or the user themselves. */
  readonly deviceLists: RecencyMap<UserId>
  readonly presence: RecencyMap<UserId>
  /** Position of the last change of the user's account data. */
  accountData = 0
  readonly toDevice: Map<string, DeviceQueue>
  readonly waiters = new Set<Waiter>()
  /** Requests that use this object now: it must stay in the index. */
  inUse = 0
  lastUsedMs: number

  constructor(options: {
    userId: UserId
    start: StreamPositions
    rooms: Map<RoomId, OwnMembership>
    toDevice: Map<string, DeviceQueue>
    nowMs: number
    /** Rooms and users with changes that are kept of each stream. */
    maxChanged: number
  }) {
    this.userId = options.userId
    this.start = options.start
    this.rooms = options.rooms
    this.toDevice = options.toDevice
    this.lastUsedMs = options.nowMs
    this.events = new RecencyMap(options.maxChanged)
    this.receipts = new RecencyMap(options.maxChanged)
    this.typing = new RecencyMap(options.maxChanged)
    this.deviceLists = new RecencyMap(options.maxChanged)
    this.presence = new RecencyMap(options.maxChanged)
  }

  /** Something happened in a room. */
  noteRoom(stream: 'events' | 'receipts' | 'typing', roomId: RoomId, position: number): void {
    this.#forgotten(stream, this[stream].touch(roomId, position))
  }

  /** Something happened to a user. */
  noteUser(stream: 'deviceLists' | 'presence', userId: UserId, position: number): void {
    this.#forgotten(stream, this[stream].touch(userId, position))
  }

  /** Forgets what has not changed since then. A client that has heard of all that is kept is none the wiser. */
  forgetUpTo(positions: StreamPositions): void {
    for (const stream of CHANGES) this.#forgotten(stream, this[stream].forgetUpTo(positions[stream]))
  }

  #forgotten(stream: (typeof CHANGES)[number], position: number | undefined): void {
    if (position !== undefined) this.start[stream] = Math.max(this.start[stream], position)
  }

  /** There is no such room any more. */
  forgetRoom(roomId: RoomId): void {
    this.rooms.delete(roomId)
    for (const stream of ['events', 'receipts', 'typing'] as const) this[stream].delete(roomId)
  }

  *joinedRooms(): Generator<RoomId> {
    for (const [roomId, { membership }] of this.rooms) if (membership === 'join') yield roomId
  }

  /** True when something may have happened for this device after `since`. Costs the same however many rooms there are. */
  hasNewsSince(since: StreamPositions, deviceId: string | null): boolean {
    const { start } = this
    return (
      this.events.last > since.events ||
      this.accountData > since.accountData ||
      this.receipts.last > since.receipts ||
      this.typing.last > since.typing ||
      this.deviceLists.last > since.deviceLists ||
      this.presence.last > since.presence ||
      (deviceId !== null && (this.toDevice.get(deviceId)?.last ?? 0) > since.toDevice) ||
      since.events < start.events ||
      since.accountData < start.accountData ||
      since.receipts < start.receipts ||
      since.typing < start.typing ||
      since.deviceLists < start.deviceLists ||
      since.presence < start.presence
    )
  }

  wake(): void {
    for (const waiter of [...this.waiters]) waiter.end('news')
  }

  /** Answers every waiting request of the user at once, with nothing. */
  dismiss(): void {
    for (const waiter of [...this.waiters]) waiter.end('dismissed')
  }
}
