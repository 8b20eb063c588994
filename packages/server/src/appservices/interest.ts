import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { Storage } from '@ranvier/storage'
import { createRecentCache } from '../recent-cache.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import { type Appservice, isUserOf, matches } from './appservice.ts'

const MAX_ROOMS = 5_000

/**
 * Which events an application service is told of: those its users send, are the target of or are in the room of, and
 * those of rooms in its namespaces. Spec: AS API §Registration, `namespaces`. To be asked in the order of the events.
 */
export class Interest {
  readonly #storage: Pick<Storage, 'read'>
  readonly #appservice: Appservice
  /** Whether one of its users is in the room, as of the last event asked about. */
  readonly #hasMember = createRecentCache<RoomId, boolean>(MAX_ROOMS)

  constructor(storage: Pick<Storage, 'read'>, appservice: Appservice) {
    this.#storage = storage
    this.#appservice = appservice
  }

  async includes({ row, event }: LoadedEvent): Promise<boolean> {
    const { roomId, sender } = row
    if (event.type === 'm.room.member' && event.stateKey !== undefined && this.isOwn(event.stateKey)) {
      this.#hasMember.delete(roomId)
      return true
    }
    return this.isOwn(sender) || this.includesRoom(roomId)
  }

  /** Whether it is told what happens in the room. */
  async includesRoom(roomId: RoomId): Promise<boolean> {
    if (matches(this.#appservice.rooms, roomId)) return true
    return (await this.hasOwnMember(roomId)) || (await this.#hasOwnAlias(roomId))
  }

  /** Whether the user is one of its own, or shares a room with one. */
  async sharesRoom(userId: UserId): Promise<boolean> {
    if (this.isOwn(userId)) return true
    for (const { roomId } of await this.#storage.read.members.roomsOf(userId, ['join']))
      if (await this.hasOwnMember(roomId)) return true
    return false
  }

  isOwn(userId: string): boolean {
    return (
      isUserOf(this.#appservice, userId) && serverNameOf(userId) === serverNameOf(this.#appservice.sender)
    )
  }

  /** Whether one of its users is in the room. */
  async hasOwnMember(roomId: RoomId): Promise<boolean> {
    const known = this.#hasMember.get(roomId)
    if (known !== undefined) return known
    const joined = await this.#storage.read.members.joinedIds(roomId)
    const hasMember = joined.some((userId) => this.isOwn(userId))
    this.#hasMember.set(roomId, hasMember)
    return hasMember
  }

  async #hasOwnAlias(roomId: RoomId): Promise<boolean> {
    const { aliases } = this.#appservice
    if (aliases.length === 0) return false
    return (await this.#storage.read.rooms.aliasesOf(roomId)).some((alias) => matches(aliases, alias))
  }
}
