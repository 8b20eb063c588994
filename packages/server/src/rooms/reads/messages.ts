import type { LoadedEvent } from '../room-events.ts'
import type { RoomEventFilter } from './event-filter.ts'
import { type RoomReads, readAccess } from './read-access.ts'
import { placeBehind, scanTimeline } from './scan-timeline.ts'

/** Places are positions in the `events` stream; events up to and with one lie before it. */
export interface MessagesRequest {
  dir: 'b' | 'f'
  /** Without it: from the newest event (`b`) or the oldest (`f`). */
  from: number | undefined
  to: number | undefined
  limit: number
  filter: RoomEventFilter
}

export interface MessagesPage {
  start: number
  /** In the order of `dir`. */
  chunk: LoadedEvent[]
  /** `undefined`: nothing more can be seen, and this page is empty. */
  end: number | undefined
  /** The senders' member events, when they are loaded lazily. */
  state: LoadedEvent[] | undefined
}

/** A page of a room's history. 403 `M_FORBIDDEN` for who may not read the room. Spec: CS API §GET /messages. */
export async function readMessages(
  reads: RoomReads,
  userId: string,
  roomId: string,
  { dir, from, to, limit, filter }: MessagesRequest,
): Promise<MessagesPage> {
  const access = await readAccess(reads, userId, roomId)
  const [newest, oldest] = dir === 'b' ? [from, to] : [to, from]
  const { events, next, start } = await scanTimeline(reads, userId, roomId, {
    dir,
    limit,
    filter,
    after: oldest,
    // For who has left, the room ends at the leave.
    upTo: lower(newest, access.upTo),
  })
  return {
    start: from ?? start ?? 0,
    chunk: events,
    // The page after the last is an empty one, as of Synapse: there are clients that take no page without an `end`.
    end: next ?? endOf(events, dir),
    state: filter.lazyLoadMembers ? await sendersOf(reads, roomId, events) : undefined,
  }
}

/** The place behind the last event of a page. */
function endOf(events: readonly LoadedEvent[], dir: 'b' | 'f'): number | undefined {
  const last = events.at(-1)
  return last && placeBehind(last, dir)
}

function lower(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}

/** What the senders of `events` were when the first of them was sent. Spec: CS API §Lazy-loading room members. */
async function sendersOf(
  reads: RoomReads,
  roomId: string,
  events: readonly LoadedEvent[],
): Promise<LoadedEvent[]> {
  const first = events[0]
  if (first === undefined) return []
  const senders = [...new Set(events.map(({ row }) => row.sender))]
  const { roomState } = reads.storage.read
  const entries = await roomState.entriesAt(roomId, 'm.room.member', senders, first.row.position!)
  return [...(await reads.roomEvents.byNid(entries.map(({ nid }) => nid))).values()]
}
