import { type KeyObject, sign, verify } from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { CanonicalJsonError, canonicalJson } from '../canonical-json.ts'
import type { EventId } from '../ids/brands.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { contentHash, eventIdOfSigned, eventJson, withoutStrayEventId } from './hash.ts'
import { redactPdu } from './redact.ts'
import type { SigningKey } from './signing-key.ts'
import type { Pdu, Signatures } from './types.ts'

/** Gives the key with this id, `undefined` if it is unknown or not valid for the purpose. */
export type FindVerifyKey = (keyId: string) => KeyObject | undefined

/** Anything that carries `signatures`. */
export interface Signable {
  signatures?: unknown
  unsigned?: unknown
}

/**
 * A copy of `object` with `entity`'s signature added. Other signatures and `unsigned` stay.
 * Throws `CanonicalJsonError` for what has no canonical form.
 *
 * Spec: Appendices §Signing JSON.
 */
export function signJson<T extends object>(
  object: T,
  entity: string,
  key: SigningKey,
): T & { signatures: Signatures } {
  return withSignature(object, entity, key, signedText(object))
}

/**
 * True if at least one of `entity`'s signatures is right. Signatures by keys `findKey` does not give are skipped.
 *
 * Spec: Appendices §Checking for a signature.
 */
export function verifyJson(object: object, entity: string, findKey: FindVerifyKey): boolean {
  return verifyText(object, entity, findKey, () => signedText(object))
}

/** The ids of the Ed25519 keys with which `entity` claims to have signed; other algorithms are not understood. */
export function signatureKeyIds(object: Signable, entity: string): string[] {
  return Object.keys(signaturesBy(object, entity)).filter((keyId) => keyId.startsWith('ed25519:'))
}

/**
 * A copy of the event with its content hash and the signature of `serverName`. Fill every other field first.
 *
 * Spec: S2S §Adding hashes and signatures to outgoing events.
 */
export function signEvent(pdu: Pdu, rules: RoomVersionRules, serverName: string, key: SigningKey): Pdu {
  return signedWithText(pdu, rules, serverName, key).signed
}

/**
 * {@link signEvent} with all that is made of its result, for who makes events by the thousand: each canonical text is
 * written once.
 */
export function sealEvent(
  pdu: Pdu,
  rules: RoomVersionRules,
  serverName: string,
  key: SigningKey,
): { pdu: Pdu; eventId: EventId; json: string } {
  const { signed, text } = signedWithText(pdu, rules, serverName, key)
  return { pdu: signed, eventId: eventIdOfSigned(signed, rules, text), json: eventJson(signed, rules) }
}

function signedWithText(pdu: Pdu, rules: RoomVersionRules, serverName: string, key: SigningKey) {
  const hashed = { ...withoutStrayEventId(pdu, rules), hashes: { sha256: contentHash(pdu, rules) } }
  const text = signedEventText(hashed, rules)
  return { signed: withSignature(hashed, serverName, key, text), text }
}

/** A copy of someone else's event with our signature added; its hash stays. For restricted joins and invites. */
export function countersignEvent(
  pdu: Pdu,
  rules: RoomVersionRules,
  serverName: string,
  key: SigningKey,
): Pdu {
  return withSignature(pdu, serverName, key, signedEventText(pdu, rules))
}

/**
 * True if at least one of `serverName`'s signatures of the event is right. The content hash is not looked at.
 *
 * Spec: S2S §Validating hashes and signatures on received events.
 */
export function verifyEventSignature(
  pdu: Pdu,
  rules: RoomVersionRules,
  serverName: string,
  findKey: FindVerifyKey,
): boolean {
  return verifyText(pdu, serverName, findKey, () => signedEventText(pdu, rules))
}

function signedText(object: object): string {
  const { signatures, unsigned, ...signed } = object as Signable
  return canonicalJson(signed)
}

function signedEventText(pdu: Pdu, rules: RoomVersionRules): string {
  const { signatures, ...signed } = redactPdu(withoutStrayEventId(pdu, rules), rules)
  return eventJson(signed, rules)
}

function withSignature<T extends object>(
  object: T,
  entity: string,
  key: SigningKey,
  text: string,
): T & { signatures: Signatures } {
  const signature = encodeBase64(sign(null, Buffer.from(text), key.privateKey))
  const { signatures } = object as Signable
  return {
    ...object,
    signatures: {
      ...((isJsonObject(signatures) ? signatures : {}) as Signatures), // others' entries are passed on as they are
      [entity]: { ...(signaturesBy(object, entity) as Record<string, string>), [key.keyId]: signature },
    },
  }
}

function verifyText(object: Signable, entity: string, findKey: FindVerifyKey, text: () => string): boolean {
  const signatures = signaturesBy(object, entity)
  let bytes: Buffer | undefined
  for (const keyId of signatureKeyIds(object, entity)) {
    const key = findKey(keyId)
    const signature = signatures[keyId]
    const decoded = key !== undefined && typeof signature === 'string' ? decodeBase64(signature) : undefined
    if (key === undefined || decoded === undefined) continue
    try {
      bytes ??= Buffer.from(text())
    } catch (error) {
      // What has no canonical form cannot have been signed.
      if (error instanceof CanonicalJsonError) return false
      throw error
    }
    if (verify(null, bytes, key, decoded)) return true
  }
  return false
}

function signaturesBy(object: Signable, entity: string): Readonly<Record<string, unknown>> {
  const { signatures } = object
  if (!isJsonObject(signatures)) return {}
  const own = signatures[entity]
  return isJsonObject(own) ? own : {}
}
