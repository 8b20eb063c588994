import { CanonicalJsonError, canonicalJson } from '@ranvier/protocol/canonical-json'
import { verifyJson } from '@ranvier/protocol/event/sign'
import { parseVerifyKey } from '@ranvier/protocol/event/signing-key'
import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import { badJson, tooLarge } from '../errors.ts'

/** Longest uploaded key. NOTSPEC: the size of an event; a key with its signatures takes a hundredth of it. */
const MAX_KEY_BYTES = 65_536

/** Canonical JSON of an uploaded key. Throws 400 `M_BAD_JSON` if it has none, 413 `M_TOO_LARGE` if it is too long. */
export function keyText(key: Json): string {
  const text = canonicalOr400(key)
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) throw tooLarge(`A key takes at most ${MAX_KEY_BYTES} bytes`)
  return text
}

/** Canonical JSON of what a signature of the object covers. Throws 400 `M_BAD_JSON`. */
export function signedText({ signatures, unsigned, ...signed }: JsonObject): string {
  return canonicalOr400(signed)
}

function canonicalOr400(value: Json): string {
  try {
    return canonicalJson(value)
  } catch (error) {
    if (error instanceof CanonicalJsonError) throw badJson(`A key has no canonical JSON: ${error.message}`)
    throw error
  }
}

/** A key from storage. */
export function parseKey(text: string): JsonObject {
  return JSON.parse(text) as JsonObject // only objects are stored where this is used
}

/** The text of `signatures[userId][keyId]`; `undefined` if there is none. */
export function signatureBy(object: JsonObject, userId: string, keyId: string): string | undefined {
  const signature = signaturesBy(object, userId)[keyId]
  return typeof signature === 'string' ? signature : undefined
}

/** `signatures[userId]`, empty if it is missing or malformed. */
export function signaturesBy({ signatures }: JsonObject, userId: string): JsonObject {
  if (!isJsonObject(signatures) || !Object.hasOwn(signatures, userId)) return {}
  const own = signatures[userId]
  return isJsonObject(own) ? own : {}
}

/** Whether the user's signature named `keyId` is there and was made with the key whose public part this is. */
export function isSignedWith(
  object: JsonObject,
  { userId, keyId, publicKey }: { userId: string; keyId: string; publicKey: string },
): boolean {
  const key = parseVerifyKey(publicKey)
  if (key === undefined) return false
  return verifyJson(object, userId, (each) => (each === keyId ? key : undefined))
}
