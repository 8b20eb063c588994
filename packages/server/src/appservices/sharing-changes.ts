import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'
import type { Interest } from './interest.ts'

export interface SharingChanges {
  /** Who came to share a room with one of its users. */
  came: UserId[]
  /** Who no longer shares any. */
  went: UserId[]
}

/**
 * Whose devices an application service begins and ceases to have to do with, by events it is told of. Told as it is now:
 * who has come back meanwhile has not gone. Spec: CS API §Tracking the device list for a user. MSC3202
 */
export async function sharingChanges(
  parts: { storage: Pick<Storage, 'read'>; roomEvents: Pick<RoomEvents, 'byNid'> },
  interest: Interest,
  events: readonly LoadedEvent[],
): Promise<SharingChanges> {
  const came = new Set<UserId>()
  const went = new Set<UserId>()
  const moves = events.filter(({ event }) => event.type === 'm.room.member' && event.stateKey !== undefined)
  if (moves.length === 0) return { came: [], went: [] }
  const replaced = await parts.roomEvents.byNid(moves.flatMap(({ row }) => row.replaces ?? []))
  for (const { row, event } of moves) {
    const wasIn = row.replaces !== null && membershipOf(replaced.get(row.replaces)?.event) === 'join'
    const isIn = membershipOf(event) === 'join'
    if (wasIn === isIn) continue
    const userId = event.stateKey as UserId // of an accepted member event
    const moved = isIn ? came : went
    if (!interest.isOwn(userId)) moved.add(userId)
    // With another of its users there, everybody in the room is where they were.
    else if (isIn || !(await interest.hasOwnMember(row.roomId)))
      for (const other of await parts.storage.read.members.joinedIds(row.roomId)) moved.add(other)
  }
  const sharing = new Set<UserId>()
  for (const userId of new Set([...came, ...went])) if (await interest.sharesRoom(userId)) sharing.add(userId)
  return {
    came: [...came].filter((userId) => sharing.has(userId) && !interest.isOwn(userId)),
    went: [...went].filter((userId) => !sharing.has(userId)),
  }
}
