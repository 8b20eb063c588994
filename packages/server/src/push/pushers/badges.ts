import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'
import type { Unread } from '../unread.ts'
import type { RoomUnread } from '../unread-record.ts'

interface UserBadge {
  /** Invites that wait for an answer. */
  invites: number
  /** Unread events that notify, of rooms that have any. */
  rooms: Map<RoomId, number>
  /** Rooms to be counted anew. */
  stale: Set<RoomId>
  /** Resolves when the count before is done. */
  counting: Promise<unknown>
}

/** The number on the icon of a user's app: unread messages that notify, in all rooms, and invites. */
export class Badges {
  readonly #parts: { storage: Storage; unread: Unread; byRoom: boolean }
  readonly #users: RecentCache<UserId, UserBadge>

  /** With `byRoom`, a room with unread messages counts once, however many there are. */
  constructor(parts: { storage: Storage; unread: Unread; byRoom: boolean }, limits: { users: number }) {
    this.#parts = parts
    this.#users = createRecentCache(limits.users)
  }

  /** Something happened in the room, or was read in it. */
  touch(userId: UserId, roomId: RoomId): void {
    this.#users.peek(userId)?.stale.add(roomId)
  }

  /** The user's rooms or invites have become others. */
  forget(userId: UserId): void {
    this.#users.delete(userId)
  }

  async of(userId: UserId): Promise<number> {
    const user = this.#users.get(userId) ?? (await this.#load(userId))
    // One after another: the second finds nothing stale.
    const counting = user.counting.catch(() => {}).then(() => this.#refresh(userId, user))
    user.counting = counting
    await counting
    if (this.#parts.byRoom) return user.invites + user.rooms.size
    let total = user.invites
    for (const count of user.rooms.values()) total += count
    return total
  }

  async #load(userId: UserId): Promise<UserBadge> {
    const user: UserBadge = {
      invites: 0,
      rooms: new Map(),
      stale: new Set(),
      counting: Promise.resolve(),
    }
    // Before the rooms are read: what is touched or forgotten meanwhile finds it.
    this.#users.set(userId, user)
    user.counting = this.#readRooms(userId, user)
    user.counting.catch(() => {
      if (this.#users.peek(userId) === user) this.#users.delete(userId)
    })
    await user.counting
    return user
  }

  async #readRooms(userId: UserId, user: UserBadge): Promise<void> {
    const rooms = await this.#parts.storage.read.members.roomsOf(userId, ['join', 'invite'])
    for (const { roomId, membership } of rooms) {
      if (membership === 'join') user.stale.add(roomId)
      else user.invites++
    }
  }

  async #refresh(userId: UserId, user: UserBadge): Promise<void> {
    const stale = [...user.stale]
    user.stale.clear()
    try {
      // Up to a room's last event and no further: a room in which nothing happened is then counted from memory.
      const rooms = await this.#parts.storage.read.rooms.roomsByIds(stale)
      const known = new Set(rooms.map(({ roomId }) => roomId))
      for (const roomId of stale) if (!known.has(roomId)) user.rooms.delete(roomId)
      for (const { roomId, lastPosition } of rooms) {
        const count = total(await this.#parts.unread.of(userId, roomId, lastPosition))
        if (count === 0) user.rooms.delete(roomId)
        else user.rooms.set(roomId, count)
      }
    } catch (error) {
      for (const roomId of stale) user.stale.add(roomId)
      throw error
    }
  }
}

function total({ main, threads }: RoomUnread): number {
  let sum = main.notify
  for (const { notify } of threads.values()) sum += notify
  return sum
}
