import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Clock } from '../../../clock.ts'
import { AT_ONCE, ascending, inSteps } from '../../../in-steps.ts'
import type { Requester } from '../../../requester.ts'
import { txnDeviceOf } from '../../../rooms/client-txns.ts'
import type { FoundEvents } from '../../../rooms/reads/list-members.ts'
import type { RoomReads } from '../../../rooms/reads/read-access.ts'
import { renderForUser } from '../../../rooms/reads/render.ts'
import type { LoadedEvent } from '../../../rooms/room-events.ts'
import { type HttpAnswer, rawJson } from '../../answer.ts'
import { jsonPieces } from '../../json-pieces.ts'

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

/**
 * An answer that lists events of one room, oldest first, between two texts. As many as a large room has members are read
 * and written out while the client reads: others are answered meanwhile.
 */
export async function eventListAnswer(
  deps: RoomReadRoutesDeps,
  requester: Requester,
  roomId: RoomId,
  { nids, isWanted }: FoundEvents,
  [before, after]: readonly [string, string] = ['', ''],
): Promise<HttpAnswer> {
  const inOrder = ascending(nids)
  const textOf = async (some: readonly number[]) => {
    const loaded = await deps.reads.roomEvents.byNid(some)
    const wanted = some.flatMap((nid) => loaded.get(nid) ?? []).filter((each) => isWanted?.(each) ?? true)
    const texts = await eventTexts(deps, requester, roomId, wanted)
    // What has redacted an event since we began is told of with it.
    if (wanted.some(({ row }) => row.redactedBy !== null)) await deps.reads.storage.unflushed
    return texts.join(',')
  }
  if (nids.length <= AT_ONCE) return rawJson([`${before}[`, await textOf(inOrder), `]${after}`])
  async function* pieces() {
    for await (const some of inSteps(inOrder)) yield await textOf(some)
  }
  return jsonPieces(`${before}[`, pieces(), `]${after}`)
}
