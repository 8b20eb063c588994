import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import { type HistoryVisibility, historyVisibilityOf } from '@ranvier/protocol/visibility/history-visibility'
import type { Since } from '@ranvier/protocol/visibility/timeline-visibility'
import type { CommittedEvent, Membership, Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'
import type { RoomEvents } from '../room-events.ts'

/** Every value one state entry has had, by the position from which on it held. Ascending. */
export interface EntryHistory<T> {
  readonly positions: readonly number[]
  readonly values: readonly T[]
}

/** Everything a user has been in a room. */
export interface MemberHistory extends EntryHistory<Membership | undefined> {
  /** Where the user's present stay in the room began; `undefined` when not joined now. */
  readonly joinedSince: number | undefined
  /** Position of what ended the newest stay; `undefined` when that stay lasts or there was none. */
  readonly lastLeave: number | undefined
}

/** The value that held at `position`, an event at that very position included; `undefined` before the first. */
export function valueAt<T>({ positions, values }: EntryHistory<T>, position: number): T | undefined {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! > position) high = middle
    else low = middle + 1
  }
  return values[low - 1]
}

/** The same as the protocol's rules read it. */
export function entriesOf<T>({ positions, values }: EntryHistory<T>): Since<T>[] {
  return positions.map((from, i) => ({ from, value: values[i]! }))
}

/** One room's visibility, and the mark by which its members' histories are known to be of the same age. */
interface CachedRoom {
  visibilities: Promise<EntryHistory<HistoryVisibility>> | undefined
}

interface CachedMember {
  room: CachedRoom
  history: Promise<MemberHistory>
}

/**
 * How history visibility and memberships of rooms came to be, as far as somebody asked lately. Promises are kept, not
 * values: what is being read while a fact makes it stale is forgotten with the rest.
 */
export class EntryHistories {
  readonly #storage: Storage
  readonly #roomEvents: RoomEvents
  readonly #rooms: RecentCache<string, CachedRoom>
  readonly #members: RecentCache<string, CachedMember>

  constructor(storage: Storage, roomEvents: RoomEvents, limits: { rooms: number; members: number }) {
    this.#storage = storage
    this.#roomEvents = roomEvents
    this.#rooms = createRecentCache(limits.rooms)
    this.#members = createRecentCache(limits.members)
    storage.subscribe((facts) => {
      for (const fact of facts) {
        if (fact.stream === 'events') this.#changed(fact.key, fact.detail as CommittedEvent | undefined)
      }
    })
  }

  /** Every history visibility the room has had. */
  visibilities(roomId: string): Promise<EntryHistory<HistoryVisibility>> {
    const room = this.#room(roomId)
    room.visibilities ??= this.#load(roomId, 'm.room.history_visibility', '', historyVisibilityOf).catch(
      (error) => {
        room.visibilities = undefined
        throw error
      },
    )
    return room.visibilities
  }

  member(roomId: string, userId: string): Promise<MemberHistory> {
    const room = this.#room(roomId)
    const key = memberKey(roomId, userId)
    const known = this.#members.get(key)
    if (known !== undefined && known.room === room) return known.history
    const history = this.#loadMember(roomId, userId)
    const cached: CachedMember = { room, history }
    this.#members.set(key, cached)
    history.catch(() => {
      if (this.#members.peek(key) === cached) this.#members.delete(key)
    })
    return history
  }

  #room(roomId: string): CachedRoom {
    let room = this.#rooms.get(roomId)
    if (room === undefined) this.#rooms.set(roomId, (room = { visibilities: undefined }))
    return room
  }

  #changed(roomId: string, committed: CommittedEvent | undefined): void {
    // Another process says only that something happened: everything known of the room may be stale. A redaction could
    // change an old value; it is too rare to look which.
    if (committed === undefined || committed.redacts !== undefined) this.#rooms.delete(roomId)
    else if (committed.row.type === 'm.room.history_visibility') this.#rooms.delete(roomId)
    else if (committed.row.type === 'm.room.member' && committed.row.stateKey !== null)
      this.#members.delete(memberKey(roomId, committed.row.stateKey))
  }

  async #loadMember(roomId: string, userId: string): Promise<MemberHistory> {
    const { positions, values } = await this.#load(roomId, 'm.room.member', userId, membershipOf)
    let joinedSince: number | undefined
    let lastLeave: number | undefined
    for (const [i, position] of positions.entries()) {
      if (values[i] === 'join') {
        joinedSince ??= position
        lastLeave = undefined
      } else {
        if (joinedSince !== undefined) lastLeave = position
        joinedSince = undefined
      }
    }
    return { positions, values, joinedSince, lastLeave }
  }

  async #load<T>(
    roomId: string,
    type: string,
    stateKey: string,
    read: (event: RoomEvent | undefined) => T,
  ): Promise<EntryHistory<T>> {
    const changes = await this.#storage.read.roomState.history(roomId, type, stateKey)
    const events = await this.#roomEvents.byNid(changes.map(({ nid }) => nid))
    return {
      positions: changes.map(({ position }) => position),
      values: changes.map(({ nid }) => read(events.get(nid)?.event)),
    }
  }
}

const memberKey = (roomId: string, userId: string): string => `${roomId}\0${userId}`
