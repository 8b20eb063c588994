import type { RoomEvent } from '@ranvier/protocol/event/types'

/**
 * An event as clients see it, as JSON text that is still open: `room_id`, `unsigned` and the closing brace follow.
 * `redacts` stands at the top level and in `content` in every room version.
 * Spec: CS API §ClientEvent; Rooms v11 §Backwards compatibility.
 */
export function clientBody(event: RoomEvent): string {
  const redacts =
    event.type === 'm.room.redaction' ? (event.pdu.redacts ?? event.content['redacts']) : undefined
  const content = redacts === undefined ? event.content : { ...event.content, redacts }
  const parts = ['{"content":', JSON.stringify(content), ',"event_id":', JSON.stringify(event.eventId)]
  parts.push(',"origin_server_ts":', String(event.originServerTs))
  if (typeof redacts === 'string') parts.push(',"redacts":', JSON.stringify(redacts))
  parts.push(',"sender":', JSON.stringify(event.sender))
  if (event.stateKey !== undefined) parts.push(',"state_key":', JSON.stringify(event.stateKey))
  parts.push(',"type":', JSON.stringify(event.type))
  // Joined, not added: a sum of strings stays a tree of its parts, which takes twice the memory for as long as the event is
  // kept, and is gone through anew by each answer that the event is in.
  return parts.join('')
}
