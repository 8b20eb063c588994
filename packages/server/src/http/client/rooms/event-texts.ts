import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Clock } from '../../../clock.ts'
import type { Requester } from '../../../requester.ts'
import { txnDeviceOf } from '../../../rooms/client-txns.ts'
import type { RoomReads } from '../../../rooms/read-access.ts'
import { renderForUser } from '../../../rooms/render.ts'
import type { LoadedEvent } from '../../../rooms/room-events.ts'

/** What the routes that read rooms are made of. */
export interface RoomReadRoutesDeps {
  reads: RoomReads
  clock: Clock
}

/** Events of one room as JSON texts for this requester, in order. */
export async function eventTexts(
  { reads, clock }: RoomReadRoutesDeps,
  requester: Requester,
  roomId: RoomId,
  events: readonly LoadedEvent[],
): Promise<string[]> {
  if (events.length === 0) return []
  const membershipAt = await reads.visibility.membershipAt(requester.userId, roomId)
  return renderForUser(reads, events, {
    userId: requester.userId,
    deviceId: txnDeviceOf(requester),
    nowMs: clock.nowMs(),
    membershipAt,
  })
}

/** As {@link eventTexts}, as the text of one JSON array. */
export async function eventList(
  deps: RoomReadRoutesDeps,
  requester: Requester,
  roomId: RoomId,
  events: readonly LoadedEvent[],
): Promise<string> {
  return `[${(await eventTexts(deps, requester, roomId, events)).join(',')}]`
}
