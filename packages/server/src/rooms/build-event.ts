import { CanonicalJsonError, canonicalJson } from '@ranvier/protocol/canonical-json'
import { checkEventSize } from '@ranvier/protocol/event/format'
import { referenceHash } from '@ranvier/protocol/event/hash'
import { sealEvent } from '@ranvier/protocol/event/sign'
import type { SigningKey } from '@ranvier/protocol/event/signing-key'
import type { EventReference, Pdu, RoomEvent } from '@ranvier/protocol/event/types'
import { roomEvent } from '@ranvier/protocol/event/wrap'
import type { EventId, RoomId, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { RoomVersionRules } from '@ranvier/protocol/room-version/types'
import { badJson, tooLarge } from '../errors.ts'

/** Who signs the events made here. */
export interface ServerIdentity {
  readonly serverName: ServerName
  readonly key: SigningKey
}

/** What somebody wants to send. */
export interface EventDraft {
  type: string
  /** Present for state events. */
  stateKey?: string
  sender: UserId
  content: JsonObject
  /** The event to be redacted, for `m.room.redaction`. */
  redacts?: EventId
}

/** Where an event goes in the room's graph. */
export interface EventPlace {
  rules: RoomVersionRules
  /** Absent for the create event of a room whose id is that event's hash. */
  roomId: RoomId | undefined
  prevEvents: readonly RoomEvent[]
  authEvents: readonly RoomEvent[]
  depth: number
  originServerTs: number
}

export interface BuiltEvent {
  event: RoomEvent
  /** Canonical JSON, hashed and signed. */
  pdu: string
}

/**
 * Builds, hashes and signs an event. Throws `M_BAD_JSON` for content without a canonical form and `M_TOO_LARGE` for
 * what exceeds the limits.
 *
 * Spec: S2S §Adding hashes and signatures to outgoing events.
 */
export function buildEvent(
  draft: EventDraft,
  place: EventPlace,
  identity: ServerIdentity,
  opaqueId: () => string,
): BuiltEvent {
  const { rules } = place
  const unsigned: Pdu = {
    type: draft.type,
    sender: draft.sender,
    content: draft.content,
    origin_server_ts: place.originServerTs,
    depth: place.depth,
    prev_events: place.prevEvents.map((event) => reference(event, rules)),
    auth_events: place.authEvents.map((event) => reference(event, rules)),
  }
  if (place.roomId !== undefined) unsigned.room_id = place.roomId
  if (draft.stateKey !== undefined) unsigned.state_key = draft.stateKey
  if (draft.redacts !== undefined) {
    if (rules.redactsInContent) unsigned.content = { ...draft.content, redacts: draft.redacts }
    else unsigned.redacts = draft.redacts
  }
  if (rules.eventIds === 'own') unsigned.event_id = `$${opaqueId()}:${identity.serverName}` as EventId
  try {
    const { pdu, eventId, json } = sealEvent(unsigned, rules, identity.serverName, identity.key)
    const refusal = checkEventSize(pdu, rules, json)
    if (refusal !== undefined) throw tooLarge(`The event is too large: ${refusal.text}`)
    return { event: roomEvent(pdu, rules, { eventId }), pdu: json }
  } catch (error) {
    if (error instanceof CanonicalJsonError) throw badJson(`The event cannot be hashed: ${error.message}`)
    throw error
  }
}

function reference(event: RoomEvent, rules: RoomVersionRules): EventReference {
  if (!rules.referencePairs) return event.eventId
  return [event.eventId, { sha256: referenceHash(event.pdu, rules) }]
}

/** True if both contents have the same canonical form. */
export function sameContent(a: JsonObject, b: JsonObject): boolean {
  try {
    return canonicalJson(a, { strict: false }) === canonicalJson(b, { strict: false })
  } catch {
    return false
  }
}
