import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { CommittedEvent, Fact, Membership, ReceiptRow } from '@ranvier/storage'

/** What happened since pushers were last told, as far as it can concern them. Grows with rooms and users, not events. */
export class PushNews {
  /** Position of the last event; 0 if there was none. */
  upTo = 0
  /** Rooms with events, each with the position of its last. */
  readonly rooms = new Map<RoomId, number>()
  /** Rooms of which another process said only that something happened. */
  readonly unclear = new Set<RoomId>()
  readonly members: { roomId: RoomId; userId: UserId; to: Membership; position: number }[] = []
  /** Who read or sent something in a room. */
  readonly readers = new Map<RoomId, Set<UserId>>()
  /** Whose pushers have changed. */
  readonly changed = new Set<UserId>()

  get isEmpty(): boolean {
    return this.rooms.size === 0 && this.readers.size === 0 && this.changed.size === 0
  }

  add(fact: Fact): void {
    if (fact.stream === 'events') this.#addEvent(fact)
    else if (fact.stream === 'pushers') this.changed.add(fact.key as UserId)
    else if (fact.stream === 'receipts' && fact.detail !== undefined) {
      const { roomId, userId } = fact.detail as ReceiptRow
      this.#addReader(roomId, userId)
    }
  }

  #addEvent({ key, position, detail }: Fact): void {
    const roomId = key as RoomId
    this.upTo = Math.max(this.upTo, position)
    this.rooms.set(roomId, position)
    if (detail === undefined) {
      this.unclear.add(roomId)
      return
    }
    const { row, member } = detail as CommittedEvent
    if (member !== undefined) this.members.push({ roomId, userId: member.userId, to: member.to, position })
    // What one sends, one has read up to there.
    if (row.stateKey === null) this.#addReader(roomId, row.sender)
  }

  #addReader(roomId: RoomId, userId: UserId): void {
    const readers = this.readers.get(roomId)
    if (readers === undefined) this.readers.set(roomId, new Set([userId]))
    else readers.add(userId)
  }
}
