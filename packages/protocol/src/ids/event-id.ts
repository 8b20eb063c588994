import type { EventId } from './brands.ts'
import { isIdText } from './limits.ts'

/** True for `$` and at least one character. What follows differs by room version and is opaque here. */
export function isEventId(value: unknown): value is EventId {
  return isIdText(value, '$') && value.length > 1
}
