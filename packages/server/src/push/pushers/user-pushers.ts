import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Pusher } from '@ranvier/storage'
import { HttpPusher, type HttpPusherParts } from './http-pusher.ts'

/** The enabled HTTP pushers of one user, at work. */
export class UserPushers {
  readonly userId: UserId
  lastUsedMs: number
  readonly #parts: HttpPusherParts
  readonly #pushers = new Map<string, HttpPusher>()

  constructor(parts: HttpPusherParts, userId: UserId) {
    this.#parts = parts
    this.userId = userId
    this.lastUsedMs = parts.clock.nowMs()
  }

  get isEmpty(): boolean {
    return this.#pushers.size === 0
  }

  get isIdle(): boolean {
    return this.#all((pusher) => pusher.isIdle)
  }

  /** The progress the database does not know of yet. */
  get unsaved(): Pusher[] {
    return [...this.#pushers.values()].flatMap(({ unsaved }) => unsaved ?? [])
  }

  /**
   * Makes them what the database holds. `changedRooms` finds the rooms of the user with events above a position: a
   * pusher that begins to work has those to look through.
   */
  async update(
    pushers: readonly Pusher[],
    changedRooms: (userId: UserId, after: number) => Promise<RoomId[]>,
  ): Promise<void> {
    const names = new Set(pushers.map(nameOf))
    for (const [name, pusher] of this.#pushers) {
      if (names.has(name)) continue
      this.#pushers.delete(name)
      void pusher.stop()
    }
    for (const pusher of pushers) {
      const known = this.#pushers.get(nameOf(pusher))
      if (known !== undefined) known.replace(pusher)
      else {
        const rooms = await changedRooms(this.userId, pusher.lastPosition)
        this.#pushers.set(nameOf(pusher), new HttpPusher(this.#parts, pusher, rooms))
      }
    }
  }

  touch(roomId: RoomId, position: number): void {
    for (const pusher of this.#pushers.values()) pusher.touch(roomId, position)
  }

  countAgain(): void {
    for (const pusher of this.#pushers.values()) pusher.countAgain()
  }

  wake(): void {
    this.lastUsedMs = this.#parts.clock.nowMs()
    for (const pusher of this.#pushers.values()) pusher.wake()
  }

  async stop(graceful?: Promise<unknown>): Promise<void> {
    await Promise.all([...this.#pushers.values()].map((pusher) => pusher.stop(graceful)))
  }

  #all(holds: (pusher: HttpPusher) => boolean): boolean {
    for (const pusher of this.#pushers.values()) if (!holds(pusher)) return false
    return true
  }
}

const nameOf = ({ appId, pushkey }: Pusher): string => `${appId}\0${pushkey}`
