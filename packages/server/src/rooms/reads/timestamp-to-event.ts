import { notFound } from '../../errors.ts'
import type { LoadedEvent } from '../room-events.ts'
import { parseRoomEventFilter } from './event-filter.ts'
import { type RoomReads, readAccess } from './read-access.ts'
import { scanTimeline } from './scan-timeline.ts'

const EVERYTHING = parseRoomEventFilter(undefined)
/** Servers' clocks differ: so many events around the place are looked at for one on the right side of the time. */
const LOOK_AROUND = 50

/**
 * The event a user may see that is closest to a time, at or after it (`f`), or at or before it (`b`). 404 `M_NOT_FOUND`
 * if there is none, 403 for who may not read the room. Spec: CS API §GET /timestamp_to_event.
 *
 * Events are taken to lie in the order of their times, as they do but for servers' clocks: then the place is found by
 * halving, and needs no index of times, which every event sent would have to pay for.
 */
export async function eventNearTime(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { ts, dir }: { ts: number; dir: 'b' | 'f' },
): Promise<LoadedEvent> {
  const { upTo } = await readAccess(reads, userId, roomId)
  // Backwards from behind the last event at that time, forwards from before the first.
  const place = await placeOf(reads, roomId, dir === 'f' ? ts : ts + 1, upTo)
  const { events } = await scanTimeline(reads, userId, roomId, {
    dir,
    after: dir === 'f' ? place : undefined,
    upTo: dir === 'f' ? upTo : place,
    limit: LOOK_AROUND,
    filter: EVERYTHING,
  })
  const found = events.find(({ row }) => (dir === 'f' ? row.originServerTs >= ts : row.originServerTs <= ts))
  if (found === undefined) throw notFound('Event')
  return found
}

/** The place before the first event at or after `ts`. */
async function placeOf(
  reads: RoomReads,
  roomId: string,
  ts: number,
  upTo: number | undefined,
): Promise<number> {
  const { roomEvents } = reads
  const [first] = await roomEvents.timeline(roomId, { limit: 1, dir: 'f' })
  const [last] = await roomEvents.timeline(roomId, { upTo, limit: 1, dir: 'b' })
  if (first === undefined || last === undefined) return 0
  // Between positions `low` (earlier than ts) and `high` (not earlier) lies what is looked for.
  let low = first.row.position! - 1
  let high = last.row.position! + 1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const [event] = await roomEvents.timeline(roomId, { after: low, upTo: middle, limit: 1, dir: 'b' })
    if (event === undefined || event.row.originServerTs < ts) low = middle
    else high = event.row.position!
  }
  return low
}
