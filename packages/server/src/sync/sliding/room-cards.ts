import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { CommittedEvent, RoomRow, Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'

/** What sorting, filtering and naming rooms takes. */
export interface RoomCard {
  readonly name: string | null
  readonly avatarUrl: string | null
  readonly isEncrypted: boolean
  readonly roomType: string | null
  readonly joinedCount: number
  readonly invitedCount: number
  /** Of the newest event. Moves on while the card is kept. */
  lastPosition: number
}

/**
 * What is known of rooms at a glance, as far as somebody asked lately: a list of a thousand rooms is sorted and filtered
 * without reading any of them.
 */
export class RoomCards {
  readonly #storage: Storage
  readonly #cards: RecentCache<RoomId, RoomCard>
  /** For each reading that is under way the rooms that changed meanwhile: what it reads of them is not kept. */
  readonly #readings = new Set<Set<string>>()

  constructor(storage: Storage, limits: { rooms: number }) {
    this.#storage = storage
    this.#cards = createRecentCache(limits.rooms)
    storage.subscribe((facts) => {
      for (const { stream, key, position, detail } of facts) {
        if (stream !== 'events') continue
        for (const changed of this.#readings) changed.add(key)
        const committed = detail as CommittedEvent | undefined
        const card = this.#cards.peek(key as RoomId)
        if (card === undefined) continue
        // State may say something of the room that is on the card; another process does not say what happened.
        if (committed === undefined || committed.row.stateKey !== null) this.#cards.delete(key as RoomId)
        else card.lastPosition = position
      }
    })
  }

  /** Rooms that do not exist are left out. */
  async of(roomIds: Iterable<RoomId>): Promise<Map<RoomId, RoomCard>> {
    const cards = new Map<RoomId, RoomCard>()
    const missing: RoomId[] = []
    for (const roomId of roomIds) {
      const card = this.#cards.get(roomId)
      if (card === undefined) missing.push(roomId)
      else cards.set(roomId, card)
    }
    if (missing.length === 0) return cards
    const changed = new Set<string>()
    this.#readings.add(changed)
    try {
      for (const row of await this.#storage.read.rooms.roomsByIds(missing)) {
        const card = cardOf(row)
        cards.set(row.roomId, card)
        if (!changed.has(row.roomId)) this.#cards.set(row.roomId, card)
      }
    } finally {
      this.#readings.delete(changed)
    }
    return cards
  }
}

function cardOf(row: RoomRow): RoomCard {
  return {
    name: row.name,
    avatarUrl: row.avatarUrl,
    isEncrypted: row.encryption !== null,
    roomType: row.roomType,
    joinedCount: row.joinedCount,
    invitedCount: row.invitedCount,
    lastPosition: row.lastPosition,
  }
}
