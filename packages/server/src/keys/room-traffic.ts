import { membershipOf } from '@ranvier/protocol/auth/room-state'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { AT_ONCE, inSteps } from '../in-steps.ts'
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
  parts: TrafficParts,
  userId: UserId,
  roomId: RoomId,
  { after, upTo }: { after: number; upTo: number },
  { came, went }: Traffic,
): Promise<void> {
  const { storage } = parts
  const spans = await storage.read.roomState.memberSpans(roomId, after, upTo)
  if (spans.size === 0) return
  const joins = await joinsAmong(
    parts,
    [...spans.values()].flatMap(({ before, now }) => (before === null ? [now] : [before, now])),
  )
  const isJoin = (nid: number | null) => nid !== null && joins.has(nid)

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

/**
 * Those of some member events by which somebody joined. Of many only that word is read: the events themselves take twenty times as
 * long, and would push all others out of memory.
 */
async function joinsAmong(
  { storage, roomEvents }: TrafficParts,
  nids: readonly number[],
): Promise<Set<number>> {
  const joins = new Set<number>()
  let unknown = nids
  if (nids.length > AT_ONCE) {
    const left: number[] = []
    for await (const some of inSteps(nids)) {
      const memberships = await storage.read.rooms.membershipsByNid(some)
      for (const nid of some) {
        const membership = memberships.get(nid)
        if (membership === undefined) left.push(nid)
        else if (membership === 'join') joins.add(nid)
      }
    }
    unknown = left
  }
  for (const [nid, { event }] of await roomEvents.byNid(unknown))
    if (membershipOf(event) === 'join') joins.add(nid)
  return joins
}
