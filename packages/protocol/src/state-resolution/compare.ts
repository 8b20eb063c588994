import type { RoomEvent } from '../event/types.ts'

const SURROGATE = /[\ud800-\udfff]/

/** By code point, as every server compares ids. JavaScript's own order differs where there are surrogates. */
export function compareIds(a: string, b: string): number {
  if (a === b) return 0
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : 1
}

/** Older first, by the time the sender claims; then by event id. A total order. */
export function compareByAge(a: RoomEvent, b: RoomEvent): number {
  return a.originServerTs - b.originServerTs || compareIds(a.eventId, b.eventId)
}
