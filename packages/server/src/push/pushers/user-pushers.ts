import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Pusher } from '@ranvier/storage'
import { EmailPusher, type EmailPusherParts } from './email-pusher.ts'
import { HttpPusher, type HttpPusherParts } from './http-pusher.ts'
import type { NotificationMails } from './notification-mail.ts'
import type { WorkingPusher } from './working-pusher.ts'

/** `mails` is null where no mail about events is sent. */
export type UserPusherParts = HttpPusherParts &
  Pick<EmailPusherParts, 'isExpired'> & { mails: NotificationMails | null }

/** The enabled pushers of one user, at work. */
export class UserPushers {
  readonly userId: UserId
  lastUsedMs: number
  readonly #parts: UserPusherParts
  readonly #pushers = new Map<string, WorkingPusher>()

  constructor(parts: UserPusherParts, userId: UserId) {
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
      if (names.has(name)) continue // by kind too: a pusher of another kind is another one
      this.#pushers.delete(name)
      void pusher.stop()
    }
    for (const pusher of pushers) {
      const known = this.#pushers.get(nameOf(pusher))
      if (known !== undefined) known.replace(pusher)
      else {
        const rooms = await changedRooms(this.userId, pusher.lastPosition)
        this.#pushers.set(nameOf(pusher), this.#make(pusher, rooms))
      }
    }
  }

  #make(pusher: Pusher, rooms: Iterable<RoomId>): WorkingPusher {
    const { mails } = this.#parts
    if (pusher.kind === 'http') return new HttpPusher(this.#parts, pusher, rooms)
    if (mails === null) throw new Error('this server sends no mail about events')
    return new EmailPusher({ ...this.#parts, mails }, pusher, rooms)
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

  #all(holds: (pusher: WorkingPusher) => boolean): boolean {
    for (const pusher of this.#pushers.values()) if (!holds(pusher)) return false
    return true
  }
}

const nameOf = ({ kind, appId, pushkey }: Pusher): string => `${kind}\0${appId}\0${pushkey}`
