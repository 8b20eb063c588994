import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { RoomEvents } from '../rooms/room-events.ts'

/** Who came into rooms of a user, and who is no longer in them. */
export interface Traffic {
  came: Set<UserId>
  went: Set<UserId>
}

export interface TrafficParts {
  storage: Pick<Storage, 'read'>
  roomEvents: Pick<RoomEvents, 'byNid'>
}

/** Notes who came into the user's sight and who went out of it in one room. */
export async function noteRoom(
  { storage, roomEvents }: TrafficParts,
  userId: UserId,
  roomId: RoomId,
  { after, upTo }: { after: number; upTo: number },
  { came, went }: Traffic,
): Promise<void> {
  const spans = await storage.read.roomState.memberSpans(roomId, after, upTo)
  if (spans.size === 0) return
  const events = await roomEvents.byNid(
    [...spans.values()].flatMap(({ before, now }) => [before ?? now, now]),
  )
  const isJoin = (nid: number | null) => nid !== null && membershipOf(events.get(nid)?.event) === 'join'

  const ownSpan = spans.get(userId)
  // Without a change of the user's own, the room is among the changed ones because they are joined.
  const wasIn = ownSpan === undefined || isJoin(ownSpan.before)
  const isIn = ownSpan === undefined || isJoin(ownSpan.now)
  if (wasIn !== isIn)
    for (const member of await storage.read.members.joinedIds(roomId)) (isIn ? came : went).add(member)
  if (!wasIn && !isIn) return
  for (const [stateKey, { before, now }] of spans) {
    const member = stateKey as UserId // state key of an accepted member event
    if (isIn && isJoin(now) && !isJoin(before)) came.add(member)
    if (wasIn && isJoin(before) && !isJoin(now)) went.add(member)
  }
}
