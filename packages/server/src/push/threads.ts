import { type Relation, relationOf as relationIn } from '@ranvier/protocol/event/relation'
import type { LoadedEvent, RoomEvents } from '../rooms/room-events.ts'

/** The name of what is in no thread. Spec: CS API §Threading. */
export const MAIN_THREAD = 'main'

const MAX_HOPS = 3 // Spec: CS API §Threaded read receipts: relations are followed three deep

/**
 * The thread of an event: the event id of its root, or `main`. An event is in a thread if it, or what it relates to
 * within three hops, says so. The root itself is in `main`.
 */
export async function threadOf(roomEvents: RoomEvents, loaded: LoadedEvent): Promise<string> {
  let current = loaded
  for (let hop = 0; ; hop++) {
    const relation = relationOf(current)
    if (relation === undefined) return MAIN_THREAD
    if (relation.relType === 'm.thread') return relation.eventId
    if (hop === MAX_HOPS) return MAIN_THREAD
    const parent = await roomEvents.find(relation.eventId)
    if (parent === undefined || parent.row.roomId !== loaded.row.roomId) return MAIN_THREAD
    current = parent
  }
}

/**
 * Whether a receipt for a thread may name the event. Looser than {@link threadOf}, because clients name what they show
 * last: the root is in its thread as well, and so is what relates to the root in whatever way. In `main` is everything
 * but what says itself that it is in a thread. Synapse does the same.
 */
export async function isInThread(
  roomEvents: RoomEvents,
  loaded: LoadedEvent,
  thread: string,
): Promise<boolean> {
  if (thread === MAIN_THREAD) return relationOf(loaded)?.relType !== 'm.thread'
  let current = loaded
  for (let hop = 0; ; hop++) {
    if (current.row.eventId === thread) return true
    const relation = relationOf(current)
    if (relation === undefined) return false
    if (relation.relType === 'm.thread') return relation.eventId === thread
    if (hop === MAX_HOPS) return false
    const parent = await roomEvents.find(relation.eventId)
    if (parent === undefined || parent.row.roomId !== loaded.row.roomId) return false
    current = parent
  }
}

function relationOf({ event }: LoadedEvent): Relation | undefined {
  return event.stateKey === undefined ? relationIn(event) : undefined
}
