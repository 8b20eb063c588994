import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { CommittedEvent, Membership, Storage } from '@ranvier/storage'
import { LRUCache } from 'lru-cache'
import { type HistoryVisibility, parseHistoryVisibility } from './history-visibility.ts'
import type { RoomEvents } from './room-events.ts'

/** Every value one state entry has had, by the position from which on it held. Ascending. */
export interface EntryHistory<T> {
  readonly positions: readonly number[]
  readonly values: readonly T[]
}

export interface MemberHistory extends EntryHistory<Membership | undefined> {
  /** Where the user's present stay in the room began; `undefined` when not joined now. */
  readonly joinedSince: number | undefined
  /** Position of the newest join, profile changes included; `undefined` for who never joined. */
  readonly lastJoin: number | undefined
  /** Position of what ended the newest stay; `undefined` when that stay lasts or there was none. */
  readonly lastLeave: number | undefined
}

/** The value that held at `position`, an event at that very position included; `undefined` before the first. */
export function valueAt<T>(history: EntryHistory<T>, position: number): T | undefined {
  const { positions, values } = history
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle]! > position) high = middle
    else low = middle + 1
  }
  return values[low - 1]
}

/** One room's visibility, and the mark by which its members' histories are known to be of the same age. */
interface CachedRoom {
  visibility: Promise<EntryHistory<HistoryVisibility>> | undefined
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
  readonly #rooms: LRUCache<string, CachedRoom>
  readonly #members: LRUCache<string, CachedMember>

  constructor(storage: Storage, roomEvents: RoomEvents, limits: { rooms: number; members: number }) {
    this.#storage = storage
    this.#roomEvents = roomEvents
    this.#rooms = new LRUCache({ max: limits.rooms })
    this.#members = new LRUCache({ max: limits.members })
    storage.subscribe((facts) => {
      for (const fact of facts) {
        if (fact.stream === 'events') this.#changed(fact.key, fact.detail as CommittedEvent | undefined)
      }
    })
  }

  visibility(roomId: string): Promise<EntryHistory<HistoryVisibility>> {
    const room = this.#room(roomId)
    room.visibility ??= this.#load(roomId, 'm.room.history_visibility', '', (event) =>
      parseHistoryVisibility(event?.content['history_visibility']),
    ).catch((error) => {
      room.visibility = undefined
      throw error
    })
    return room.visibility
  }

  member(roomId: string, userId: string): Promise<MemberHistory> {
    const room = this.#room(roomId)
    const key = memberKey(roomId, userId)
    const known = this.#members.get(key)
    if (known !== undefined && known.room === room) return known.history
    const history = this.#loadMember(roomId, userId)
    this.#members.set(key, { room, history })
    history.catch(() => this.#members.delete(key))
    return history
  }

  #room(roomId: string): CachedRoom {
    let room = this.#rooms.get(roomId)
    if (room === undefined) this.#rooms.set(roomId, (room = { visibility: undefined }))
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
    let lastJoin: number | undefined
    let lastLeave: number | undefined
    positions.forEach((position, i) => {
      if (values[i] === 'join') {
        joinedSince ??= position
        lastJoin = position
        lastLeave = undefined
      } else {
        if (joinedSince !== undefined) lastLeave = position
        joinedSince = undefined
      }
    })
    return { positions, values, joinedSince, lastJoin, lastLeave }
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
