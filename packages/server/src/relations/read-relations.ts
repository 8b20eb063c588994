import type { EventId } from '@ranvier/protocol/ids/brands'
import { readEvent } from '../rooms/reads/context.ts'
import { type RoomReads, readAccess, shownEvents } from '../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'

/** Places are positions in the `events` stream; events up to and with one lie before it. */
export interface RelationsRequest {
  eventId: EventId
  relType: string | undefined
  eventType: string | undefined
  dir: 'b' | 'f'
  from: number | undefined
  to: number | undefined
  limit: number
  /** Also what relates to the event by way of others. */
  recurse: boolean
}

export interface RelationsPage {
  /** In the order of `dir`. */
  chunk: LoadedEvent[]
  /** `undefined`: nothing more can be seen. */
  next: number | undefined
}

/** As many relations away an event may be with `recurse`: edits of, and reactions to, what is in a thread. */
export const RECURSION_DEPTH = 3 // Spec: CS API §GET relations, `recurse`: at least three
/** As many events as one request looks at in search of some that may be seen. */
const MAX_LOOKED_AT = 2_000

/**
 * A page of what relates to an event. 403 `M_FORBIDDEN` for who may not read the room, 404 `M_NOT_FOUND` for an event
 * that may not be seen. Spec: CS API §GET /rooms/{roomId}/relations/{eventId}.
 */
export async function readRelations(
  reads: RoomReads,
  userId: string,
  roomId: string,
  request: RelationsRequest,
): Promise<RelationsPage> {
  const access = await readAccess(reads, userId, roomId)
  await readEvent(reads, userId, roomId, request.eventId)
  const { eventId, relType, eventType, dir, limit, recurse } = request
  const { relations } = reads.storage.read
  let [upTo, after] = dir === 'b' ? [request.from, request.to] : [request.to, request.from]
  if (access.upTo !== undefined) upTo = Math.min(upTo ?? access.upTo, access.upTo)
  const parent = { roomId, eventId }
  const chunk: LoadedEvent[] = []
  for (let lookedAt = 0; ; ) {
    // One more than asked for tells whether there is more.
    const range = { relType, eventType, after, upTo, limit: limit + 1, dir }
    const nids = recurse
      ? await relations.pageRecursive(parent, RECURSION_DEPTH, range)
      : await relations.page(parent, range)
    const loaded = await reads.roomEvents.byNid(nids)
    const page = nids.flatMap((nid) => loaded.get(nid) ?? [])
    for (const shown of await shownEvents(reads, userId, roomId, page)) {
      if (chunk.length === limit) return { chunk, next: placeBehind(chunk.at(-1)!, dir) }
      chunk.push(shown)
    }
    lookedAt += nids.length
    const last = page.at(-1)
    if (nids.length <= limit || last === undefined) return { chunk, next: undefined }
    if (lookedAt >= MAX_LOOKED_AT) return { chunk, next: placeBehind(last, dir) }
    if (dir === 'b') upTo = placeBehind(last, dir)
    else after = placeBehind(last, dir)
  }
}

function placeBehind({ row }: LoadedEvent, dir: 'b' | 'f'): number {
  return dir === 'b' ? row.position! - 1 : row.position!
}
