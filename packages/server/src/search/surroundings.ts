import { parseRoomEventFilter } from '../rooms/reads/event-filter.ts'
import { type RoomReads, readAccess } from '../rooms/reads/read-access.ts'
import { scanTimeline } from '../rooms/reads/scan-timeline.ts'
import type { LoadedEvent } from '../rooms/room-events.ts'

/** What is shown around a result. Spec: CS API §Server-side search, `event_context`. */
export interface Surroundings {
  /** Newest first. */
  before: LoadedEvent[]
  after: LoadedEvent[]
  /** Places before the first and behind the last of these events. */
  start: number
  end: number
  /** The senders' names at the event, by user id, if asked for. */
  profiles: Record<string, { displayname?: string; avatar_url?: string }> | undefined
}

const EVERYTHING = parseRoomEventFilter(undefined)

export async function surroundingsOf(
  reads: RoomReads,
  userId: string,
  event: LoadedEvent,
  wanted: { before: number; after: number; profiles: boolean },
): Promise<Surroundings> {
  const { roomId } = event.row
  const position = event.row.position!
  const access = await readAccess(reads, userId, roomId)
  const scan = (dir: 'b' | 'f', limit: number) =>
    scanTimeline(reads, userId, roomId, {
      dir,
      after: dir === 'b' ? undefined : position,
      upTo: dir === 'b' ? position - 1 : access.upTo,
      limit,
      filter: EVERYTHING,
    })
  const [before, after] = await Promise.all([scan('b', wanted.before), scan('f', wanted.after)])
  return {
    before: before.events,
    after: after.events,
    start: (before.events.at(-1)?.row.position ?? position) - 1,
    end: after.events.at(-1)?.row.position ?? position,
    profiles: wanted.profiles
      ? await profilesAt(reads, event, [...before.events, event, ...after.events])
      : undefined,
  }
}

async function profilesAt(
  reads: RoomReads,
  { row }: LoadedEvent,
  events: readonly LoadedEvent[],
): Promise<NonNullable<Surroundings['profiles']>> {
  const senders = [...new Set(events.map((each) => each.row.sender))]
  const { roomState } = reads.storage.read
  const entries = await roomState.entriesAt(row.roomId, 'm.room.member', senders, row.position!)
  const members = await reads.roomEvents.byNid(entries.map(({ nid }) => nid))
  return Object.fromEntries(
    [...members.values()].map(({ event }) => {
      const { displayname, avatar_url } = event.content
      const profile = {
        ...(typeof displayname === 'string' && { displayname }),
        ...(typeof avatar_url === 'string' && { avatar_url }),
      }
      return [event.stateKey!, profile]
    }),
  )
}
