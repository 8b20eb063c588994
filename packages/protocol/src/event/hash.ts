import { hash } from 'node:crypto'
import { unpadded } from '../base64.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { EventId } from '../ids/brands.ts'
import { isEventId } from '../ids/event-id.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { redactPdu } from './redact.ts'
import type { Pdu } from './types.ts'

/**
 * The SHA-256 of everything the sender's server vouched for, in unpadded base64: the value of `hashes.sha256`.
 *
 * Spec: S2S §Calculating the content hash for an event.
 */
export function contentHash(pdu: Pdu, rules: RoomVersionRules): string {
  // NOTSPEC: the last three are leftovers that Synapse once put into events; every server leaves them out of the hash.
  const { unsigned, signatures, hashes, age_ts, outlier, destinations, ...hashed } = withoutStrayEventId(
    pdu,
    rules,
  )
  return unpadded(hash('sha256', eventJson(hashed, rules), 'base64'))
}

/** True if `hashes.sha256` is right. If it is not, the event is processed in its redacted form. */
export function hasValidContentHash(pdu: Pdu, rules: RoomVersionRules): boolean {
  const claimed = pdu.hashes?.sha256
  return typeof claimed === 'string' && unpadded(claimed) === contentHash(pdu, rules)
}

/**
 * The SHA-256 of the redacted event: what event ids from room version 3 on are made of, and what the pairs in
 * `prev_events` of versions 1–2 hold. Unpadded.
 *
 * Spec: S2S §Calculating the reference hash for an event.
 */
export function referenceHash(
  pdu: Pdu,
  rules: RoomVersionRules,
  encoding: 'base64' | 'base64url' = 'base64',
): string {
  const { signatures, ...hashed } = redactPdu(withoutStrayEventId(pdu, rules), rules)
  return unpadded(hash('sha256', eventJson(hashed, rules), encoding))
}

/**
 * The id of an event: carried by it in room versions 1–2, made of its hash in later ones.
 * Throws a `TypeError` if a version 1–2 event carries none; `checkPduFormat` refuses those.
 */
export function eventIdOf(pdu: Pdu, rules: RoomVersionRules): EventId {
  if (rules.eventIds === 'own') {
    if (!isEventId(pdu.event_id)) throw new TypeError('the event carries no event_id')
    return pdu.event_id
  }
  return `$${referenceHash(pdu, rules, idEncoding(rules))}` as EventId // by definition
}

/** The same of an event whose signed text is known: what is signed is what the reference hash is made of. */
export function eventIdOfSigned(pdu: Pdu, rules: RoomVersionRules, signedText: string): EventId {
  if (rules.eventIds === 'own') return eventIdOf(pdu, rules)
  return `$${unpadded(hash('sha256', signedText, idEncoding(rules)))}` as EventId // by definition
}

const idEncoding = ({ eventIds }: RoomVersionRules) => (eventIds === 'hash-base64' ? 'base64' : 'base64url')

/**
 * The event without an `event_id` it should not have. Redaction keeps that key, so left in it would change the hash.
 * Returns the same value if there is nothing to remove.
 */
export function withoutStrayEventId(pdu: Pdu, rules: RoomVersionRules): Pdu {
  if (rules.eventIds === 'own' || pdu.event_id === undefined) return pdu
  const { event_id, ...rest } = pdu
  return rest as Pdu // only an optional key is gone
}

/** Canonical JSON as strict as the room version asks. */
export function eventJson(value: object, rules: RoomVersionRules): string {
  return canonicalJson(value, { strict: rules.strictCanonicalJson })
}
