import type { Membership, Storage } from '@ranvier/storage'
import { EntryHistories, type EntryHistory, type MemberHistory, valueAt } from './entry-histories.ts'
import { ErasedUsers } from './erased-users.ts'
import { type HistoryVisibility, isVisible } from './history-visibility.ts'
import { IgnoredUsers } from './ignored-users.ts'
import type { LoadedEvent, RoomEvents } from './room-events.ts'

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
    const visibility = await this.histories.visibility(roomId)
    const visible: LoadedEvent[] = []
    for (const loaded of shown) {
      if (!maySee(userId, loaded, visibility, member)) continue
      visible.push((await this.#isToBePruned(loaded, member)) ? await this.#erased.prune(loaded) : loaded)
    }
    return visible
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
function isServed({ row }: LoadedEvent): boolean {
  return row.status === 0 && row.position !== null && row.type !== 'org.matrix.dummy_event'
}

/** Spec: CS API §Ignoring users: state is shown all the same, or rooms would look different from what they are. */
function isIgnored({ row }: LoadedEvent, ignored: ReadonlySet<string>): boolean {
  return ignored.size > 0 && row.stateKey === null && ignored.has(row.sender)
}

function maySee(
  userId: string,
  { row }: LoadedEvent,
  visibility: EntryHistory<HistoryVisibility>,
  member: MemberHistory,
): boolean {
  const position = row.position!
  const joinsLater = member.lastJoin !== undefined && member.lastJoin > position
  const visibilities = [valueAt(visibility, position) ?? 'shared']
  // A change of visibility is seen by those who could see before it or can after it.
  if (row.type === 'm.room.history_visibility' && row.stateKey === '')
    visibilities.push(valueAt(visibility, position - 1) ?? 'shared')
  const memberships = [valueAt(member, position)]
  // So everybody sees their own join, leave and ban.
  if (row.type === 'm.room.member' && row.stateKey === userId) memberships.push(valueAt(member, position - 1))
  return visibilities.some((each) =>
    memberships.some((membership) => isVisible(each, { membership, joinsLater })),
  )
}
