import type { LoadedEvent } from '../room-events.ts'
import type { RoomEventFilter } from './event-filter.ts'
import { type RoomReads, shownEvents } from './read-access.ts'

export interface TimelineScan {
  /** Positions above this one only. */
  after: number | undefined
  /** Positions up to and with this one only. */
  upTo: number | undefined
  dir: 'b' | 'f'
  limit: number
  filter: RoomEventFilter
}

export interface ScannedTimeline {
  /** In the direction of the scan. */
  events: LoadedEvent[]
  /** The place from which the scan goes on, between positions as in a token; `undefined`: nothing is left there. */
  next: number | undefined
  /** Where the first event looked at begins, seen in the direction of the scan; `undefined` when there was none. */
  start: number | undefined
}

/** As many events as one request looks at in search of some that fit. */
const MAX_LOOKED_AT = 2_000

/** Events of a room a user may see and a filter lets pass, page by page until there are enough or the reader should ask again. */
export async function scanTimeline(
  reads: RoomReads,
  userId: string,
  roomId: string,
  scan: TimelineScan,
): Promise<ScannedTimeline> {
  const { dir, limit, filter } = scan
  const found: ScannedTimeline = { events: [], next: undefined, start: undefined }
  let { after, upTo } = scan
  // One more than asked for tells whether there is more.
  const pageSize = filter.matchesAll ? limit + 1 : Math.max(limit + 1, 200)
  for (let lookedAt = 0; ; ) {
    const page = await reads.roomEvents.timeline(roomId, { after, upTo, limit: pageSize, dir })
    const last = page.at(-1)
    if (last === undefined) return found
    found.start ??= placeBehind(page[0]!, dir === 'b' ? 'f' : 'b')
    const fitting = filter.matchesAll ? page : await matching(reads, filter, page)
    const visible = await shownEvents(reads, userId, roomId, fitting)
    for (const loaded of visible) {
      if (found.events.length === limit) return goOn(found, dir, upTo, after)
      found.events.push(loaded)
    }
    lookedAt += page.length
    if (page.length < pageSize) return found
    if (dir === 'b') upTo = placeBehind(last, dir)
    else after = placeBehind(last, dir)
    if (lookedAt >= MAX_LOOKED_AT) return { ...found, next: placeBehind(last, dir) }
  }
}

/** Those of the events that a filter lets pass. */
export async function matching(
  reads: RoomReads,
  { matches, relatedBy }: RoomEventFilter,
  events: readonly LoadedEvent[],
): Promise<LoadedEvent[]> {
  const fitting = events.filter(({ event }) => matches(event))
  if (relatedBy === undefined) return fitting
  const ids = fitting.map(({ row }) => row.eventId)
  const related = await reads.storage.read.relations.relatedBy(ids, relatedBy)
  return fitting.filter(({ row }) => related.has(row.eventId))
}

/** There is more behind the last event found; without any (a limit of 0), where the scan stood. */
function goOn(
  found: ScannedTimeline,
  dir: 'b' | 'f',
  upTo: number | undefined,
  after: number | undefined,
): ScannedTimeline {
  const last = found.events.at(-1)
  return {
    ...found,
    next: last === undefined ? ((dir === 'b' ? upTo : after) ?? found.start) : placeBehind(last, dir),
  }
}

/** The place behind an event in a direction. Places lie between positions: `p` is behind the event at `p`. */
export function placeBehind({ row }: LoadedEvent, dir: 'b' | 'f'): number {
  return dir === 'b' ? row.position! - 1 : row.position!
}
