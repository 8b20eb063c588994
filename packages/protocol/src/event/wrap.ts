import type { EventId, RoomId } from '../ids/brands.ts'
import { roomIdOfCreate } from '../ids/room-id.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import { eventIdOf, withoutStrayEventId } from './hash.ts'
import type { EventReference, Pdu, RoomEvent, StateEvent } from './types.ts'

/**
 * The event as the rules see it. The event id is computed unless `known`; pass what storage knows to save the hashing.
 * Throws a `TypeError` for a PDU without `room_id` that is no version 12 create event; `checkPduFormat` refuses those.
 */
export function roomEvent(
  received: Pdu,
  rules: RoomVersionRules,
  known: { eventId?: EventId; roomId?: RoomId } = {},
): RoomEvent {
  const pdu = withoutStrayEventId(received, rules)
  const eventId = known.eventId ?? eventIdOf(pdu, rules)
  return {
    eventId,
    roomId: known.roomId ?? pdu.room_id ?? roomIdFrom(pdu, rules, eventId),
    type: pdu.type,
    sender: pdu.sender,
    stateKey: pdu.state_key,
    content: pdu.content,
    originServerTs: pdu.origin_server_ts,
    depth: pdu.depth,
    prevEvents: referencedIds(pdu.prev_events),
    authEvents: referencedIds(pdu.auth_events),
    pdu,
  }
}

/** True for an event that is part of the room's state. */
export function isStateEvent(event: RoomEvent): event is StateEvent {
  return event.stateKey !== undefined
}

/** The list itself where it holds ids: of many events in memory, a second one each would be a tenth. */
function referencedIds(references: readonly EventReference[]): readonly EventId[] {
  return references.every((reference) => typeof reference === 'string')
    ? references
    : references.map((reference) => (typeof reference === 'string' ? reference : reference[0]))
}

function roomIdFrom(pdu: Pdu, rules: RoomVersionRules, eventId: EventId): RoomId {
  if (rules.hashRoomIds && pdu.type === 'm.room.create' && pdu.state_key === '')
    return roomIdOfCreate(eventId)
  throw new TypeError('the event carries no room_id')
}
