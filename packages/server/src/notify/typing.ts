import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { type CommittedEvent, ROOM_PURGED, type Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import type { Notifier } from './notifier.ts'
import { RecencyMap } from './recency-map.ts'

/** A client that says so once is believed for this long at most. */
export const MAX_TYPING_MS = 120_000
/** Rooms of which it is known when somebody last began or ceased to type. */
const MAX_CHANGED = 10_000

/**
 * Who types where: in memory only. Changes are counted; the count begins at the time of the start, so that tokens from
 * before a restart are older than every change, and their clients are told of all who type.
 */
export class Typing {
  readonly #clock: Clock
  readonly #notifier: Notifier
  #counter: number
  readonly #rooms = new Map<RoomId, Map<UserId, Timer>>()
  readonly #listeners: ((roomId: RoomId) => void)[] = []
  readonly #changed = new RecencyMap<RoomId>(MAX_CHANGED)

  constructor(options: { clock: Clock; notifier: Notifier; storage: Storage }) {
    this.#clock = options.clock
    this.#notifier = options.notifier
    this.#counter = options.notifier.positions.typing
    options.storage.subscribe((facts) => {
      for (const fact of facts) {
        const member =
          fact.stream === 'events' ? (fact.detail as CommittedEvent | undefined)?.member : undefined
        if (member !== undefined && member.to !== 'join') this.stop(fact.key as RoomId, member.userId)
        if (fact.change === ROOM_PURGED) this.#forget(fact.key as RoomId)
      }
    })
  }

  /** Calls `listener` with every room in which the list of those who type changes. */
  onChange(listener: (roomId: RoomId) => void): void {
    this.#listeners.push(listener)
  }

  /** The user types for the next `timeoutMs`, unless told otherwise before. */
  start(roomId: RoomId, userId: UserId, timeoutMs: number): void {
    let typists = this.#rooms.get(roomId)
    if (typists === undefined) {
      typists = new Map()
      this.#rooms.set(roomId, typists)
    }
    const known = typists.get(userId)
    known?.cancel()
    const delayMs = Math.min(timeoutMs, MAX_TYPING_MS)
    typists.set(
      userId,
      this.#clock.setTimeout(() => this.stop(roomId, userId), delayMs),
    )
    if (known === undefined) this.#changedIn(roomId)
  }

  /** Nothing happens if the user was not typing. */
  stop(roomId: RoomId, userId: UserId): void {
    const typists = this.#rooms.get(roomId)
    const timer = typists?.get(userId)
    if (typists === undefined || timer === undefined) return
    timer.cancel()
    typists.delete(userId)
    if (typists.size === 0) this.#rooms.delete(roomId)
    this.#changedIn(roomId)
  }

  usersIn(roomId: RoomId): UserId[] {
    return [...(this.#rooms.get(roomId)?.keys() ?? [])]
  }

  /** Rooms where the list changed after `position`; for a position from long ago, those where it did lately. */
  roomsChangedAfter(position: number): Iterable<RoomId> {
    return this.#changed.after(position)
  }

  #forget(roomId: RoomId): void {
    for (const userId of this.usersIn(roomId)) this.stop(roomId, userId)
    this.#changed.delete(roomId)
  }

  #changedIn(roomId: RoomId): void {
    this.#counter++
    this.#changed.touch(roomId, this.#counter)
    this.#notifier.typingChanged(roomId, this.#counter)
    for (const listener of this.#listeners) listener(roomId)
  }
}
