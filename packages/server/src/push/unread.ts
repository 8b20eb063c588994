import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { type ReceiptRow, ROOM_PURGED, type Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'
import type { Visibility } from '../rooms/reads/visibility.ts'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import { type Judge, type JudgeParts, judgeFor } from './judge.ts'
import { threadOf } from './threads.ts'
import { formatItems, parseItems, ReadPositions, type RoomUnread, UnreadRecord } from './unread-record.ts'

export interface UnreadParts extends JudgeParts {
  storage: Storage
  roomEvents: RoomEvents
  visibility: Visibility
  onError: (error: unknown) => void
}

/** Unread events of one room that are looked at for one user at once; older ones do not count. */
export const MAX_WALK = 1_000
const PAGE = 200

/** Unread events kept in memory for all users together, some ten bytes each; those in threads weigh more. */
const MAX_KEPT = 1_000_000

/** After judging this many events the result is kept, so that a restart need not judge them again. */
const CHECKPOINT_AFTER = 100

interface UserUnread {
  /** Resolves when what the database holds is in the maps. */
  ready: Promise<void>
  read: Map<RoomId, ReadPositions>
  records: Map<RoomId, UnreadRecord>
  /** Rooms being counted now, each with the end of its queue. */
  counting: Map<RoomId, Promise<unknown>>
}

/**
 * How many unread events notify a user, by room and thread. Nothing is written when an event is sent: whoever syncs has
 * the events judged that came since. See `docs/decisions/0003-unread-counts.md`.
 */
export class Unread {
  readonly #parts: UnreadParts
  readonly #users: RecentCache<UserId, UserUnread>
  #kept = 0
  /** The end of what is written of users who are dropped. */
  #keeping: Promise<unknown> = Promise.resolve()

  constructor(parts: UnreadParts, limits: { users: number }) {
    this.#parts = parts
    this.#users = createRecentCache(limits.users, (user, userId) => this.#dropped(user, userId))
    parts.storage.subscribe((facts) => {
      for (const fact of facts) {
        if (fact.stream === 'receipts' && fact.detail !== undefined) this.#received(fact.detail as ReceiptRow)
        if (fact.change === ROOM_PURGED) this.#purged(fact.key as RoomId)
      }
    })
  }

  /** Counts over events up to `upTo` for a user who is joined. */
  async of(userId: UserId, roomId: RoomId, upTo: number): Promise<RoomUnread> {
    const user = await this.#user(userId)
    // One after another: two requests of a user must not count the same event twice.
    const before = user.counting.get(roomId)
    const counting = (before ?? Promise.resolve()).then(() => this.#count(user, userId, roomId, upTo))
    const queued = counting.catch(() => {})
    user.counting.set(roomId, queued)
    try {
      return await counting
    } finally {
      if (user.counting.get(roomId) === queued) user.counting.delete(roomId)
    }
  }

  /** Position in the `receipts` stream of the user's newest receipt in the room; 0 if there is none. */
  async lastReceipt(userId: UserId, roomId: RoomId): Promise<number> {
    const user = await this.#user(userId)
    return user.read.get(roomId)?.changedAt ?? 0
  }

  /** Whether the user has read an event, as far as their receipts and what they sent lately tell. */
  async hasRead(
    userId: UserId,
    roomId: RoomId,
    event: { position: number; thread: string },
  ): Promise<boolean> {
    const user = await this.#user(userId)
    return user.read.get(roomId)?.covers(event) ?? false
  }

  async #user(userId: UserId): Promise<UserUnread> {
    let user = this.#users.get(userId)
    if (user === undefined) {
      user = { ready: Promise.resolve(), read: new Map(), records: new Map(), counting: new Map() }
      this.#users.set(userId, user)
      user.ready = this.#load(userId, user)
      user.ready.catch(() => this.#users.delete(userId))
    }
    await user.ready
    return user
  }

  async #load(userId: UserId, user: UserUnread): Promise<void> {
    const { receipts, unread } = this.#parts.storage.read
    const [rows, checkpoints] = await Promise.all([receipts.listOfUser(userId), unread.listOfUser(userId)])
    for (const row of rows) readPositions(user, row.roomId).add(row)
    for (const { roomId, upTo, items } of checkpoints) {
      const record = new UnreadRecord(upTo, parseItems(items))
      user.records.set(roomId, record)
      if (this.#users.peek(userId) === user) this.#kept += record.weight
    }
  }

  /**
   * What was counted since the last checkpoint is kept, so that the user need not be counted anew: of one user after
   * another, as many may be idle since about the same time, and only of rooms they have not left meanwhile.
   */
  #dropped(user: UserUnread, userId: UserId): void {
    const counted = [...user.records].filter(([, { judged }]) => judged > 0)
    for (const record of user.records.values()) this.#kept -= record.weight
    if (counted.length === 0) return
    const keep = () =>
      this.#parts.storage.write(async (tx) => {
        const joined = new Set((await tx.members.roomsOf(userId, ['join'])).map(({ roomId }) => roomId))
        const there = counted.filter(([roomId]) => joined.has(roomId))
        await tx.unread.keep(
          userId,
          there.map(([roomId, record]) => checkpointOf(roomId, record)),
        )
      })
    this.#keeping = this.#keeping.then(keep).catch(this.#parts.onError)
  }

  #received(receipt: ReceiptRow): void {
    // Also of a user who is being loaded: a receipt that is added twice is the same as one.
    const user = this.#users.peek(receipt.userId)
    if (user !== undefined) readPositions(user, receipt.roomId).add(receipt)
  }

  /** Nothing of the room is counted any more, nor kept. */
  #purged(roomId: RoomId): void {
    for (const user of this.#users.values()) {
      this.#kept -= user.records.get(roomId)?.weight ?? 0
      user.records.delete(roomId)
      user.read.delete(roomId)
    }
  }

  async #count(user: UserUnread, userId: UserId, roomId: RoomId, upTo: number): Promise<RoomUnread> {
    const { histories } = this.#parts.visibility
    const { joinedSince } = await histories.member(roomId, userId)
    if (joinedSince === undefined) return new UnreadRecord(upTo, []).counts(upTo)
    const read = readPositions(user, roomId)
    let record = user.records.get(roomId)
    if (record === undefined) user.records.set(roomId, (record = new UnreadRecord(0, [])))
    const before = record.weight
    if (record.upTo < upTo) await this.#walk({ userId, roomId, record, read, joinedSince, upTo })
    record.prune(read, joinedSince)
    if (this.#users.peek(userId) === user) this.#kept += record.weight - before
    while (this.#kept > MAX_KEPT && this.#users.size > 1) this.#users.pop()
    return record.counts(upTo)
  }

  async #walk(walk: Walk): Promise<void> {
    const { roomId, record, read, joinedSince, upTo } = walk
    const after = Math.max(record.upTo, read.all, joinedSince)
    const { roomEvents } = this.#parts
    const events = await this.#newest(roomId, after, upTo)
    let judge: Judge | undefined
    for (const loaded of events) {
      // State of one's own (a new display name) is no sign of having read the room.
      if (loaded.row.sender === walk.userId) await this.#ownEvent(loaded, read)
      else {
        judge ??= await this.#judge(walk)
        const outcome = judge(loaded)
        if (outcome?.notify) {
          const thread = await threadOf(roomEvents, loaded)
          record.add({ position: loaded.row.position!, thread, highlight: outcome.highlight })
        }
      }
      if (loaded.row.type === 'm.room.redaction') await this.#redaction(loaded, record)
    }
    record.upTo = upTo
    record.judged += events.length
    if (record.judged >= CHECKPOINT_AFTER) {
      record.judged = 0
      record.prune(read, joinedSince)
      this.#keep(walk.userId, roomId, record)
    }
  }

  /** The newest events of a room between two positions, oldest first, at most {@link MAX_WALK}. */
  async #newest(roomId: RoomId, after: number, upTo: number): Promise<LoadedEvent[]> {
    const newestFirst: LoadedEvent[] = []
    let end = upTo
    while (after < end && newestFirst.length < MAX_WALK) {
      const page = await this.#parts.roomEvents.timeline(roomId, { after, upTo: end, limit: PAGE, dir: 'b' })
      newestFirst.push(...page)
      if (page.length < PAGE) break
      end = page.at(-1)!.row.position! - 1
      // On SQLite nothing here waits: a long backlog must not hold up everybody else.
      await new Promise(setImmediate)
    }
    return newestFirst.reverse()
  }

  /** Spec: CS API §Receiving notifications: what one sends, one has read up to there, in its thread. */
  async #ownEvent(loaded: LoadedEvent, read: ReadPositions): Promise<void> {
    if (loaded.row.stateKey !== null || loaded.row.type === 'm.room.redaction') return
    read.read(await threadOf(this.#parts.roomEvents, loaded), loaded.row.position!)
  }

  /** An event that is taken back no longer waits to be read. */
  async #redaction({ event }: LoadedEvent, record: UnreadRecord): Promise<void> {
    const target = event.pdu.redacts ?? event.content['redacts']
    if (record.size === 0 || typeof target !== 'string') return
    const redacted = await this.#parts.roomEvents.find(target as EventId) // looked up, never trusted
    if (redacted !== undefined && redacted.row.redactedBy !== null) record.remove(redacted.row.nid)
  }

  async #judge({ userId, roomId }: Walk): Promise<Judge> {
    return judgeFor(this.#parts, userId, roomId, await this.#parts.visibility.ignored.of(userId))
  }

  #keep(userId: UserId, roomId: RoomId, record: UnreadRecord): void {
    const checkpoint = checkpointOf(roomId, record)
    this.#parts.storage.write((tx) => tx.unread.keep(userId, [checkpoint])).catch(this.#parts.onError)
  }
}

const checkpointOf = (roomId: RoomId, record: UnreadRecord) => ({
  roomId,
  upTo: record.upTo,
  items: formatItems(record),
})

interface Walk {
  userId: UserId
  roomId: RoomId
  record: UnreadRecord
  read: ReadPositions
  joinedSince: number
  upTo: number
}

function readPositions(user: UserUnread, roomId: RoomId): ReadPositions {
  let read = user.read.get(roomId)
  if (read === undefined) user.read.set(roomId, (read = new ReadPositions()))
  return read
}
