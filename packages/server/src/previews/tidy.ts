/** In characters: what a preview says is no longer. Synapse's. */
export const MAX_VALUE_LENGTH = 1_000

/** Without white space that means nothing, and no longer than a preview may be; `undefined` when nothing is left. */
export function tidy(text: string): string | undefined {
  const plain = text.replace(/[\s\0]+/g, ' ').trim()
  return plain === '' ? undefined : plain.slice(0, MAX_VALUE_LENGTH).toWellFormed()
}
