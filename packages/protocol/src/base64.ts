import { ownText } from './own-text.ts'

const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/

/** Unpadded base64 with the standard alphabet, as Matrix writes keys, hashes and signatures. */
export function encodeBase64(bytes: Uint8Array): string {
  return unpadded(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'))
}

/** The bytes of standard base64, padded or not; `undefined` for text that is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = lengthUnpadded(text)
  // A lone character at the end holds six bits: not a byte.
  if (length % 4 === 1 || !STANDARD.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

/** The text without its `=` at the end, in memory of its own: see {@link ownText}. */
export function unpadded(base64: string): string {
  const length = lengthUnpadded(base64)
  return length === base64.length ? base64 : ownText(base64.slice(0, length))
}

function lengthUnpadded(base64: string): number {
  let length = base64.length
  while (length > 0 && base64.charCodeAt(length - 1) === 0x3d) length--
  return length
}
