import type { RoomId } from '@ranvier/protocol/ids/brands'
import { letsAllPass, matchesEvent, matchesRoom } from '../rooms/reads/filter-match.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'
import type { RoomEventFilter } from './filter.ts'

/** The newest events of a room that go into an answer. */
export interface TimelineWindow {
  /** Oldest first. */
  readonly events: readonly LoadedEvent[]
  /** Events between where the client stood and the first of these were left out. */
  readonly limited: boolean
  /** The place just before the first event; without any, the end. From here `/messages` goes back. */
  readonly start: number
  /** Every change of the room's state in the range is among the events. */
  readonly holdsAllState: boolean
}

export interface TimelineRange {
  /** Where the client stands; `undefined`: it has nothing of the room. */
  readonly after: number | undefined
  readonly upTo: number
  readonly filter: RoomEventFilter
  /** The client had no such room in its last answer. */
  readonly isNewSinceLast?: boolean
}

const DEFAULT_LIMIT = 10 // Synapse: the default of `room.timeline.limit`
const MAX_LIMIT = 100
/** Events one room makes us look at in search of some that pass the filter. */
const MAX_LOOKED_AT = 1_000

export async function loadWindow(
  reads: RoomReads,
  userId: string,
  roomId: RoomId,
  { after, upTo, filter, isNewSinceLast = false }: TimelineRange,
): Promise<TimelineWindow> {
  const limit = Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
  const passesAll = letsAllPass(filter)
  // Nothing can pass: then nothing was left out either.
  if (!matchesRoom(filter, roomId) || filter.types?.isEmpty)
    return { events: [], limited: false, start: upTo, holdsAllState: false }
  const pageSize = passesAll ? limit + 1 : Math.max(limit + 1, 100)
  const found: LoadedEvent[] = [] // newest first, one more than asked for if there is one
  let missesState = false
  let hidesOlder = false
  let oldest = upTo
  let end = upTo
  let limited = false
  for (let lookedAt = 0; ; ) {
    const page = await reads.roomEvents.timeline(roomId, { after, upTo: end, limit: pageSize, dir: 'b' })
    const fitting = passesAll ? page : await fittingOf(reads, filter, page)
    const visible = await reads.visibility.visibleEvents(userId, roomId, fitting)
    if (visible.length < fitting.length) hidesOlder = true
    if (visible.length < page.length) {
      const shown = new Set(visible.map(({ row }) => row.nid))
      missesState ||= page.some(({ row }) => row.stateKey !== null && !shown.has(row.nid))
    }
    found.push(...visible)
    oldest = page.at(-1)?.row.position ?? oldest
    lookedAt += page.length
    if (found.length > limit) {
      limited = true
      break
    }
    if (page.length < pageSize) break
    if (lookedAt >= MAX_LOOKED_AT) {
      limited = true
      break
    }
    end = page.at(-1)!.row.position! - 1
  }
  const events = found.slice(0, limit).reverse()
  // To a client that is new to the room, history it may not see is history left out all the same.
  if (after === undefined && hidesOlder) limited = true
  const first = events[0]
  // And so is what the filter dropped before the first event. Synapse: a room joined since is always limited.
  if (isNewSinceLast && oldest < (first?.row.position ?? upTo + 1)) limited = true
  return {
    events,
    limited,
    start: first === undefined ? upTo : first.row.position! - 1,
    holdsAllState: !limited && !missesState,
  }
}

async function fittingOf(
  reads: RoomReads,
  filter: RoomEventFilter,
  page: readonly LoadedEvent[],
): Promise<readonly LoadedEvent[]> {
  const fitting = page.filter(({ event }) => matchesEvent(filter, event))
  if (filter.relatedBy === undefined) return fitting
  const ids = fitting.map(({ row }) => row.eventId)
  const related = await reads.storage.read.relations.relatedBy(ids, filter.relatedBy)
  return fitting.filter(({ row }) => related.has(row.eventId))
}
