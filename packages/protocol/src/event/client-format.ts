import type { EventId, RoomId, UserId } from '../ids/brands.ts'
import { isEventId } from '../ids/event-id.ts'
import type { JsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { RoomEvent, StateEvent } from './types.ts'

/** An event as clients see it, without `unsigned`. */
export interface ClientEvent {
  content: JsonObject
  event_id: EventId
  origin_server_ts: number
  redacts?: EventId
  room_id: RoomId
  sender: UserId
  state_key?: string
  type: string
}

/** What someone outside the room may know of a state event: in invites, knocks and space hierarchies. */
export interface StrippedStateEvent {
  content: JsonObject
  sender: UserId
  state_key: string
  type: string
}

/**
 * The form for clients. A redaction names its target both at top level and in `content`, in every room version:
 * clients of any age find it. Spec: CS API §m.room.redaction.
 */
export function clientEvent(event: RoomEvent, rules: RoomVersionRules): ClientEvent {
  const redacts = redactsOf(event, rules)
  return {
    content: redacts === undefined ? event.content : { ...event.content, redacts },
    event_id: event.eventId,
    origin_server_ts: event.originServerTs,
    ...(redacts !== undefined && { redacts }),
    room_id: event.roomId,
    sender: event.sender,
    ...(event.stateKey !== undefined && { state_key: event.stateKey }),
    type: event.type,
  }
}

/** The four fields of stripped state. Spec: CS API §Stripped state. */
export function strippedState(event: StateEvent): StrippedStateEvent {
  return { content: event.content, sender: event.sender, state_key: event.stateKey, type: event.type }
}

/** The event that a redaction is aimed at, read from where its room version puts it; `undefined` if it names none. */
export function redactsOf(event: RoomEvent, rules: RoomVersionRules): EventId | undefined {
  if (event.type !== 'm.room.redaction') return undefined
  const target = rules.redactsInContent ? event.content.redacts : event.pdu.redacts
  return isEventId(target) ? target : undefined
}
