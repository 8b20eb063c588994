const DECLARED = /<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w-]+)/i
const DECLARATION_BYTES = 1_024 // HTML §Determining the character encoding

/** The text of a page: in the encoding its header names, or it itself, or UTF-8. Never fails. */
export function decodeText(body: Buffer, contentType: string): string {
  const named = /charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1]
  const declared = DECLARED.exec(body.toString('latin1', 0, DECLARATION_BYTES))?.[1]
  for (const label of [named, declared]) {
    if (label === undefined) continue
    try {
      return new TextDecoder(label).decode(body)
    } catch {
      // No encoding has this name: the next may.
    }
  }
  return new TextDecoder().decode(body)
}
