/** Longest user id, room id, event id, alias, event type and state key, in UTF-8 bytes. Spec: Appendices §Common identifier format. */
export const MAX_ID_BYTES = 255

/** True if `text` takes at most `max` bytes in UTF-8. */
export function fitsInBytes(text: string, max: number): boolean {
  // A UTF-16 unit is one to three bytes in UTF-8, so most texts need no counting.
  if (text.length > max) return false
  return text.length * 3 <= max || Buffer.byteLength(text, 'utf8') <= max
}

/** True for a string of at most 255 bytes that begins with `sigil` and holds neither NUL nor half a surrogate pair. */
export function isIdText(value: unknown, sigil: string): value is string {
  return (
    typeof value === 'string' &&
    value.startsWith(sigil) &&
    fitsInBytes(value, MAX_ID_BYTES) &&
    !value.includes('\0') &&
    value.isWellFormed()
  )
}
