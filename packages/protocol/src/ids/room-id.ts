import type { EventId, RoomId } from './brands.ts'
import { isIdText } from './limits.ts'

const HASH_ROOM_ID = /^![A-Za-z0-9_-]{43}$/

/** True for `!` and at least one character. Room ids are opaque: only version 12 says anything about the rest. */
export function isRoomId(value: unknown): value is RoomId {
  return isIdText(value, '!') && value.length > 1
}

/** True for a room id of room version 12: `!` and the url-safe base64 of a hash. */
export function isHashRoomId(value: unknown): value is RoomId {
  return typeof value === 'string' && HASH_ROOM_ID.test(value)
}

/** The id of the version 12 room that this create event makes. Spec: Rooms v12 §Room IDs. */
export function roomIdOfCreate(createEventId: EventId): RoomId {
  return `!${createEventId.slice(1)}` as RoomId // an event id with the other sigil is a room id by definition
}

/** The id of the create event of a version 12 room. The inverse of {@link roomIdOfCreate}. */
export function createEventIdOf(roomId: RoomId): EventId {
  return `$${roomId.slice(1)}` as EventId // as above
}
