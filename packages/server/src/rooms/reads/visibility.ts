import { timelineVisibility } from '@ranvier/protocol/visibility/timeline-visibility'
import type { Membership, Storage } from '@ranvier/storage'
import type { LoadedEvent, RoomEvents } from '../room-events.ts'
import { EntryHistories, entriesOf, type MemberHistory, valueAt } from './entry-histories.ts'
import { ErasedUsers } from './erased-users.ts'
import { IgnoredUsers } from './ignored-users.ts'

/** What each user may see of a room's history. Spec: CS API §Room history visibility. */
export class Visibility {
  readonly histories: EntryHistories
  readonly ignored: IgnoredUsers
  readonly #erased: ErasedUsers

  constructor(
    storage: Storage,
    roomEvents: RoomEvents,
    limits: { rooms: number; members: number; users: number } = {
      rooms: 5_000,
      members: 50_000,
      users: 20_000,
    },
  ) {
    this.histories = new EntryHistories(storage, roomEvents, limits)
    this.ignored = new IgnoredUsers(storage, limits)
    this.#erased = new ErasedUsers(storage, roomEvents, limits)
  }

  /**
   * Those of a room's events that the user may see, in the same order. What erased users said while the user was not
   * there comes back pruned. Nothing is read for a user who was in the room all the while.
   */
  async visibleEvents(
    userId: string,
    roomId: string,
    events: readonly LoadedEvent[],
  ): Promise<LoadedEvent[]> {
    if (events.length === 0) return []
    const [member, ignored] = await Promise.all([
      this.histories.member(roomId, userId),
      this.ignored.of(userId),
    ])
    const shown = events.filter((loaded) => isServed(loaded) && !isIgnored(loaded, ignored))
    const { joinedSince } = member
    if (joinedSince !== undefined && shown.every(({ row }) => row.position! >= joinedSince)) return shown
    const isVisible = timelineVisibility({
      memberships: entriesOf(member),
      visibilities: entriesOf(await this.histories.visibilities(roomId)),
    })
    const visible: LoadedEvent[] = []
    for (const loaded of shown) {
      if (!isVisible(loaded.row.position!)) continue
      visible.push((await this.#isToBePruned(loaded, member)) ? await this.#erased.prune(loaded) : loaded)
    }
    return visible
  }

  /**
   * Says of events of a room that are no state, by sender and position, which of them the user may see. Whether an
   * erased user's words are to be pruned it does not say.
   */
  async visibleTo(
    userId: string,
    roomId: string,
  ): Promise<(event: { sender: string; position: number }) => boolean> {
    const [member, ignored, visibilities] = await Promise.all([
      this.histories.member(roomId, userId),
      this.ignored.of(userId),
      this.histories.visibilities(roomId),
    ])
    const { joinedSince = Number.POSITIVE_INFINITY } = member
    const isVisible = timelineVisibility({
      memberships: entriesOf(member),
      visibilities: entriesOf(visibilities),
    })
    return ({ sender, position }) => !ignored.has(sender) && (position >= joinedSince || isVisible(position))
  }

  /** The user's membership when an event of the room happened, for `unsigned.membership`: `leave` if none. */
  async membershipAt(userId: string, roomId: string): Promise<(loaded: LoadedEvent) => Membership> {
    const member = await this.histories.member(roomId, userId)
    return ({ row }) => (row.position === null ? undefined : valueAt(member, row.position)) ?? 'leave'
  }

  async #isToBePruned({ row }: LoadedEvent, member: MemberHistory): Promise<boolean> {
    if (row.stateKey !== null || valueAt(member, row.position!) === 'join') return false
    return this.#erased.isErased(row.sender)
  }
}

/** Rejected and soft-failed events and outliers are ours alone; a dummy event only ties ends of the graph together. */
export function isServed({ row }: LoadedEvent): boolean {
  return row.status === 0 && row.position !== null && row.type !== 'org.matrix.dummy_event'
}

/** Spec: CS API §Ignoring users: state is shown all the same, or rooms would look different from what they are. */
function isIgnored({ row }: LoadedEvent, ignored: ReadonlySet<string>): boolean {
  return ignored.size > 0 && row.stateKey === null && ignored.has(row.sender)
}
