import type { Membership } from '../auth/room-state.ts'
import type { RoomEvent } from '../event/types.ts'

/** Spec: CS API §Room history visibility. */
export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined'

/** The visibility an `m.room.history_visibility` event sets; `shared` without one or with a value not understood. */
export function historyVisibilityOf(event: RoomEvent | undefined): HistoryVisibility {
  const value = event?.content.history_visibility
  return value === 'world_readable' || value === 'invited' || value === 'joined' ? value : 'shared'
}

/** What decides whether a user sees an event. "At the event" is the state after it. */
export interface VisibilityFacts {
  /** The history visibility at the event. */
  readonly visibility: HistoryVisibility
  /** Only if the event itself sets the history visibility: what it was before. */
  readonly visibilityBefore?: HistoryVisibility
  /** The user's membership at the event; `undefined` if they never had one. */
  readonly membership: Membership | undefined
  /** Only if the event is the user's own `m.room.member`: what it was before. */
  readonly ownChange?: { readonly from: Membership | undefined }
  /** Whether the user has joined at any point after the event, also if they have left again since. */
  readonly joinedLater: boolean
}

/**
 * Whether a user may see an event of a room's history. Rejected and soft-failed events, and those of ignored senders,
 * are not for this function to hide.
 *
 * Spec: CS API §Room history visibility, Server behaviour.
 */
export function canSeeEvent(facts: VisibilityFacts): boolean {
  const { visibility, visibilityBefore, membership, ownChange, joinedLater } = facts
  if (allows(visibility, membership, joinedLater)) return true
  if (visibilityBefore !== undefined && allows(visibilityBefore, membership, joinedLater)) return true
  if (ownChange === undefined) return false
  return allows(visibility, ownChange.from, joinedLater) || isOwnExit(ownChange.from, membership)
}

function allows(
  visibility: HistoryVisibility,
  membership: Membership | undefined,
  joinedLater: boolean,
): boolean {
  switch (visibility) {
    case 'world_readable':
      return true
    case 'shared':
      return membership === 'join' || joinedLater
    case 'invited':
      return membership === 'join' || membership === 'invite'
    case 'joined':
      return membership === 'join'
  }
}

/**
 * NOTSPEC: who had an invite or a knock sees how it ended, whatever the visibility: otherwise the room would never
 * go from their other devices. Synapse does the same for invites.
 */
function isOwnExit(from: Membership | undefined, to: Membership | undefined): boolean {
  return (to === 'leave' || to === 'ban') && (from === 'invite' || from === 'knock')
}

/**
 * The membership that counts for a server with these users: any user joined, else any invited.
 * With it {@link canSeeEvent} decides for servers as it does for users.
 *
 * Spec: S2S §Backfilling and retrieving missing events.
 */
export function membershipOfServer(memberships: Iterable<Membership | undefined>): Membership | undefined {
  let best: Membership | undefined
  for (const membership of memberships) {
    if (membership === 'join') return membership
    if (membership === 'invite') best = membership
  }
  return best
}
