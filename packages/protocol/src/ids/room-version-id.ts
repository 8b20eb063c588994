const ROOM_VERSION_ID = /^[a-z0-9.-]{1,32}$/

/** True for text that may name a room version, known to us or not. Spec: Room versions §Room version grammar. */
export function isRoomVersionId(value: unknown): value is string {
  return typeof value === 'string' && ROOM_VERSION_ID.test(value)
}
