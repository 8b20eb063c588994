import { PowerLevels } from '@ranvier/protocol/auth/power-levels'
import type { CommittedEvent, Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../recent-cache.ts'
import type { RoomEvents } from '../rooms/room-events.ts'

/** What push rules look at in a room, the same for all its members. */
export interface RoomPushContext {
  readonly joinedMembers: number
  readonly powerLevels: PowerLevels
}

/** Keeps what push rules need to know of rooms as they are now. */
export class RoomPushContexts {
  readonly #storage: Storage
  readonly #roomEvents: RoomEvents
  readonly #contexts: RecentCache<string, Promise<RoomPushContext>>
  readonly #names: RecentCache<string, Promise<string | undefined>>

  constructor(storage: Storage, roomEvents: RoomEvents, limits: { rooms: number; members: number }) {
    this.#storage = storage
    this.#roomEvents = roomEvents
    this.#contexts = createRecentCache(limits.rooms)
    this.#names = createRecentCache(limits.members)
    storage.subscribe((facts) => {
      for (const { stream, key, detail } of facts) {
        if (stream !== 'events') continue
        const row = (detail as CommittedEvent | undefined)?.row
        if (row === undefined) this.#names.clear()
        if (row === undefined || row.type === 'm.room.member' || row.type === 'm.room.power_levels')
          this.#contexts.delete(key)
        if (row?.type === 'm.room.member') this.#names.delete(nameKey(key, row.stateKey ?? ''))
      }
    })
  }

  of(roomId: string): Promise<RoomPushContext> {
    const known = this.#contexts.get(roomId)
    if (known !== undefined) return known
    const context = this.#load(roomId)
    this.#contexts.set(roomId, context)
    context.catch(() => this.#contexts.delete(roomId))
    return context
  }

  /** The display name of a user in a room; `undefined` if they have none. */
  displayName(roomId: string, userId: string): Promise<string | undefined> {
    const key = nameKey(roomId, userId)
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = this.#storage.read.members
      .find(roomId, userId)
      .then((member) => member?.displayName ?? undefined)
    this.#names.set(key, name)
    name.catch(() => this.#names.delete(key))
    return name
  }

  async #load(roomId: string): Promise<RoomPushContext> {
    const { rooms, roomState } = this.#storage.read
    const [room, create, levels, rules] = await Promise.all([
      rooms.findRoom(roomId),
      roomState.entry(roomId, 'm.room.create', ''),
      roomState.entry(roomId, 'm.room.power_levels', ''),
      this.#roomEvents.rulesOf(roomId),
    ])
    const createEvent = create && (await this.#roomEvents.fromRow(create)).event
    const levelsEvent = levels && (await this.#roomEvents.fromRow(levels)).event
    return {
      joinedMembers: room?.joinedCount ?? 0,
      powerLevels: new PowerLevels(createEvent, levelsEvent, rules),
    }
  }
}

const nameKey = (roomId: string, userId: string): string => `${roomId}\0${userId}`
