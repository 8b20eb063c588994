import { CanonicalJsonError } from '../canonical-json.ts'
import { isEventId } from '../ids/event-id.ts'
import { fitsInBytes, MAX_ID_BYTES } from '../ids/limits.ts'
import { isHashRoomId, isRoomId } from '../ids/room-id.ts'
import { serverNameOf } from '../ids/server-name.ts'
import { isUserId } from '../ids/user-id.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { eventJson, withoutStrayEventId } from './hash.ts'
import type { Pdu } from './types.ts'

// Spec: S2S §PDUs, CS API §Size limits.
export const MAX_PDU_BYTES = 65_536
export const MAX_PREV_EVENTS = 20
export const MAX_AUTH_EVENTS = 10

export type PduFault =
  | 'not-an-object'
  | 'wrong-type'
  | 'bad-id'
  | 'too-long'
  | 'too-large'
  | 'too-many-prev-events'
  | 'too-many-auth-events'
  | 'not-canonical'

/** Why a PDU is not one: the code, and a text that names the field. */
export interface PduRefusal {
  readonly ok: false
  readonly reason: PduFault
  readonly text: string
}

export type PduFormat = { readonly ok: true; readonly pdu: Pdu } | PduRefusal

/**
 * Checks what came from another server: required fields, their types, the limits, and canonical JSON where the room
 * version asks for it. Signatures and hashes are not checked here.
 *
 * The `pdu` given back lacks what no one vouches for: an `event_id` the version does not have, and all of `unsigned` but the
 * stripped state of an invite or knock. Spec: S2S §Checks performed on receipt of a PDU, 1.
 */
export function checkPduFormat(value: unknown, rules: RoomVersionRules): PduFormat {
  if (!isJsonObject(value)) return refuse('not-an-object', 'the event is not an object')
  const fault =
    checkIds(value, rules) ??
    checkFields(value) ??
    checkReferences(value, 'prev_events', MAX_PREV_EVENTS, 'too-many-prev-events', rules) ??
    checkReferences(value, 'auth_events', MAX_AUTH_EVENTS, 'too-many-auth-events', rules)
  if (fault !== undefined) return fault
  const pdu = withTrustedUnsigned(withoutStrayEventId(value as Pdu, rules)) // the checks above are its type
  return checkEventSize(pdu, rules) ?? { ok: true, pdu }
}

/**
 * Checks the limits on the length of fields and of the whole event, signatures included. For events made here: the client
 * gets 413 `M_TOO_LARGE` for `too-long` and `too-large`, 400 `M_BAD_JSON` for `not-canonical`. `json`: its canonical JSON, if that
 * is known already.
 */
export function checkEventSize(pdu: Pdu, rules: RoomVersionRules, json?: string): PduRefusal | undefined {
  for (const field of ['type', 'state_key', 'sender', 'room_id', 'event_id'] as const) {
    const text = pdu[field]
    if (text !== undefined && !fitsInBytes(text, MAX_ID_BYTES))
      return refuse('too-long', `${field} is longer than ${MAX_ID_BYTES} bytes`)
  }
  try {
    if (!fitsInBytes(json ?? eventJson(pdu, rules), MAX_PDU_BYTES))
      return refuse('too-large', `the event is larger than ${MAX_PDU_BYTES} bytes`)
  } catch (error) {
    if (error instanceof CanonicalJsonError) return refuse('not-canonical', error.message)
    throw error
  }
  return undefined
}

type Fields = Readonly<Record<string, unknown>>

function checkIds(event: Fields, rules: RoomVersionRules): PduRefusal | undefined {
  if (!isUserId(event.sender)) return refuse('bad-id', 'sender is not a user id')
  // Spec: Rooms v12: the room's id is made of this event, so the event cannot hold it.
  const needsRoomId = !(rules.hashRoomIds && event.type === 'm.room.create' && event.state_key === '')
  if (!needsRoomId && event.room_id !== undefined) return refuse('bad-id', 'a create event has no room_id')
  if (needsRoomId && !(rules.hashRoomIds ? isHashRoomId : isRoomId)(event.room_id))
    return refuse('bad-id', 'room_id is not a room id of this version')
  if (rules.eventIds !== 'own') return undefined
  // The server in the id must sign the event, so there has to be one.
  if (!isEventId(event.event_id) || serverNameOf(event.event_id) === undefined)
    return refuse('bad-id', 'event_id is not an event id of this version')
  return undefined
}

function checkFields(event: Fields): PduRefusal | undefined {
  if (typeof event.type !== 'string') return wrongType('type', 'a text')
  if (event.state_key !== undefined && typeof event.state_key !== 'string')
    return wrongType('state_key', 'a text')
  if (!isJsonObject(event.content)) return wrongType('content', 'an object')
  if (!Number.isSafeInteger(event.origin_server_ts)) return wrongType('origin_server_ts', 'an integer')
  if (!Number.isSafeInteger(event.depth) || (event.depth as number) < 0)
    return wrongType('depth', 'an integer between 0 and 2^53-1')
  if (!isJsonObject(event.hashes) || typeof event.hashes.sha256 !== 'string')
    return wrongType('hashes', 'an object with a text sha256')
  if (!isJsonObject(event.signatures) || !Object.values(event.signatures).every(isTextRecord))
    return wrongType('signatures', 'an object of objects of texts')
  if (event.unsigned !== undefined && !isJsonObject(event.unsigned)) return wrongType('unsigned', 'an object')
  return undefined
}

function checkReferences(
  event: Fields,
  field: 'prev_events' | 'auth_events',
  limit: number,
  tooMany: PduFault,
  rules: RoomVersionRules,
): PduRefusal | undefined {
  const references = event[field]
  if (!Array.isArray(references)) return wrongType(field, 'a list')
  if (references.length > limit) return refuse(tooMany, `${field} has more than ${limit} entries`)
  const isReference = rules.referencePairs ? isReferencePair : isEventId
  if (!references.every((reference) => isReference(reference)))
    return refuse('bad-id', `${field} holds something that is no event reference of this version`)
  return undefined
}

function isReferencePair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isEventId(value[0]) && isJsonObject(value[1])
}

function isTextRecord(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === 'string')
}

function withTrustedUnsigned(pdu: Pdu): Pdu {
  if (pdu.unsigned === undefined) return pdu
  const { unsigned, ...rest } = pdu
  const { invite_room_state, knock_room_state } = unsigned
  const kept = {
    ...(invite_room_state !== undefined && { invite_room_state }),
    ...(knock_room_state !== undefined && { knock_room_state }),
  }
  const offersState = pdu.type === 'm.room.member' && Object.keys(kept).length > 0
  return { ...rest, ...(offersState && { unsigned: kept }) } as Pdu // only an optional key changed
}

function wrongType(field: string, expected: string): PduRefusal {
  return refuse('wrong-type', `${field} is missing or not ${expected}`)
}

function refuse(reason: PduFault, text: string): PduRefusal {
  return { ok: false, reason, text }
}
