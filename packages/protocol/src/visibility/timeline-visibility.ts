import type { Membership } from '../auth/room-state.ts'
import type { HistoryVisibility } from './history-visibility.ts'
import { canSeeEvent } from './history-visibility.ts'

/** A value from the event at position `from` on, until the next one. */
export interface Since<T> {
  /** The position of the event that set the value, in the order in which the timeline is walked. */
  readonly from: number
  readonly value: T
}

/** What is known of a room and a user, each list in ascending order of position. Before the first entry: the default. */
export interface TimelineFacts {
  /** From the user's `m.room.member` events. */
  readonly memberships: readonly Since<Membership | undefined>[]
  /** From the room's `m.room.history_visibility` events. */
  readonly visibilities: readonly Since<HistoryVisibility>[]
}

/**
 * Decides for a whole timeline which positions the user sees: read the two lists once, then ask for each event.
 * An event at a position named in a list is the one that made the change, and is judged by before and after.
 *
 * Only for stretches where state follows the order of positions; across forks ask `canSeeEvent` with the state at the
 * event.
 */
export function timelineVisibility({
  memberships,
  visibilities,
}: TimelineFacts): (position: number) => boolean {
  const lastJoin = memberships.findLast(({ value }) => value === 'join')?.from ?? Number.NEGATIVE_INFINITY
  return (position) => {
    const own = lastIndexUpTo(memberships, position)
    const set = lastIndexUpTo(visibilities, position)
    return canSeeEvent({
      visibility: visibilityAt(visibilities, set),
      visibilityBefore:
        visibilities[set]?.from === position ? visibilityAt(visibilities, set - 1) : undefined,
      membership: memberships[own]?.value,
      ownChange: memberships[own]?.from === position ? { from: memberships[own - 1]?.value } : undefined,
      joinedLater: lastJoin > position,
    })
  }
}

function visibilityAt(visibilities: readonly Since<HistoryVisibility>[], index: number): HistoryVisibility {
  return visibilities[index]?.value ?? 'shared'
}

/** The last entry that holds at `position`; -1 if all are later. */
function lastIndexUpTo(entries: readonly Since<unknown>[], position: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.from <= position) low = middle + 1
    else high = middle
  }
  return low - 1
}
