import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { CommittedEvent, Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'

/** What makes a room livelier than others. MSC4186, `bump_stamp` */
const BUMP_TYPES = [
  'm.room.create',
  'm.room.message',
  'm.room.encrypted',
  'm.sticker',
  'm.call.invite',
  'm.poll.start',
  'org.matrix.msc3381.poll.start',
  'm.beacon_info',
  'org.matrix.msc3672.beacon_info',
]
const BUMPS: ReadonlySet<string> = new Set(BUMP_TYPES)

/** The position of the last event by which each room went to the top of its members' lists. */
export class BumpStamps {
  readonly #storage: Storage
  readonly #stamps: RecentCache<string, number>
  /** How many events of other processes have come, which do not say what they are. */
  #strangers = 0

  constructor(storage: Storage, limits: { rooms: number }) {
    this.#storage = storage
    this.#stamps = createRecentCache(limits.rooms)
    storage.subscribe((facts) => {
      for (const { stream, key, position, detail } of facts) {
        if (stream !== 'events') continue
        const committed = detail as CommittedEvent | undefined
        if (committed === undefined) {
          this.#strangers++
          this.#stamps.delete(key)
        } else if (BUMPS.has(committed.row.type)) this.#stamps.set(key, position)
      }
    })
  }

  /** At least `atLeast`, for a room in which nothing of the kind happened lately. */
  async of(roomId: RoomId, atLeast: number): Promise<number> {
    let stamp = this.#stamps.get(roomId)
    if (stamp === undefined) {
      const strangers = this.#strangers
      const found = await this.#storage.read.sync.lastOfTypes(roomId, BUMP_TYPES)
      // One that came while we were reading is newer; one that may have come, and was not seen, will have to be read.
      stamp = Math.max(found ?? 0, this.#stamps.get(roomId) ?? 0)
      if (this.#strangers === strangers) this.#stamps.set(roomId, stamp)
    }
    return Math.max(stamp, atLeast)
  }
}
