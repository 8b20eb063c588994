import type { EventId } from '@ranvier/protocol/ids/brands'
import { notFound } from '../../errors.ts'
import type { LoadedEvent } from '../room-events.ts'
import type { RoomEventFilter } from './event-filter.ts'
import { type RoomReads, readAccess, shownEvents } from './read-access.ts'
import { loadEntries } from './read-state.ts'
import { scanTimeline } from './scan-timeline.ts'

/**
 * One event of a room. Whether it does not exist, is in another room or may not be seen: 404 `M_NOT_FOUND`, also for a
 * room the user may not read.
 */
export async function readEvent(
  reads: RoomReads,
  userId: string,
  roomId: string,
  eventId: EventId,
): Promise<LoadedEvent> {
  const loaded = await reads.roomEvents.find(eventId)
  if (loaded === undefined || loaded.row.roomId !== roomId) throw notFound('Event')
  const [visible] = await shownEvents(reads, userId, roomId, [loaded])
  if (visible === undefined || (await isForgotten(reads, userId, roomId))) throw notFound('Event')
  return visible
}

async function isForgotten(reads: RoomReads, userId: string, roomId: string): Promise<boolean> {
  if (reads.unrestricted) return false
  const { joinedSince } = await reads.visibility.histories.member(roomId, userId)
  if (joinedSince !== undefined) return false
  return (await reads.storage.read.members.find(roomId, userId))?.forgotten ?? false
}

export interface EventContext {
  event: LoadedEvent
  /** Newest first. */
  before: LoadedEvent[]
  after: LoadedEvent[]
  /** Places before the first and behind the last of these events. */
  start: number
  end: number
  /** At the last event. */
  state: LoadedEvent[]
}

/**
 * An event and what surrounds it. 403 `M_FORBIDDEN` for who may not read the room, 404 for an event that may not be seen.
 * Spec: CS API §Event context. `limit` is split between the two sides.
 */
export async function readContext(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { eventId, limit, filter }: { eventId: EventId; limit: number; filter: RoomEventFilter },
): Promise<EventContext> {
  const access = await readAccess(reads, userId, roomId)
  const event = await readEvent(reads, userId, roomId, eventId)
  const position = event.row.position!
  const limitBefore = Math.floor(limit / 2)
  const [before, after] = await Promise.all([
    scanTimeline(reads, userId, roomId, {
      dir: 'b',
      after: undefined,
      upTo: position - 1,
      limit: limitBefore,
      filter,
    }),
    scanTimeline(reads, userId, roomId, {
      dir: 'f',
      after: position,
      upTo: access.upTo,
      limit: limit - limitBefore,
      filter,
    }),
  ])
  const start = (before.events.at(-1)?.row.position ?? position) - 1
  const end = after.events.at(-1)?.row.position ?? position
  const shown = [event, ...before.events, ...after.events]
  return {
    event,
    before: before.events,
    after: after.events,
    start,
    end,
    state: await stateAt(reads, roomId, { position: end, filter, shown }),
  }
}

async function stateAt(
  reads: RoomReads,
  roomId: string,
  { position, filter, shown }: { position: number; filter: RoomEventFilter; shown: readonly LoadedEvent[] },
): Promise<LoadedEvent[]> {
  const { roomState } = reads.storage.read
  const entries = filter.lazyLoadMembers
    ? [
        ...(await roomState.stateAtButMembers(roomId, position)),
        ...(await roomState.entriesAt(roomId, 'm.room.member', [...sendersOf(shown)], position)),
      ]
    : await roomState.stateAt(roomId, position)
  const loaded = await loadEntries(reads, entries)
  return filter.matchesAll ? loaded : loaded.filter(({ event }) => filter.matches(event))
}

const sendersOf = (events: readonly LoadedEvent[]): Set<string> =>
  new Set(events.map(({ row }) => row.sender))
