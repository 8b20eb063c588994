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
  let text = `{"content":${JSON.stringify(content)},"event_id":${JSON.stringify(event.eventId)}`
  text += `,"origin_server_ts":${event.originServerTs}`
  if (typeof redacts === 'string') text += `,"redacts":${JSON.stringify(redacts)}`
  text += `,"sender":${JSON.stringify(event.sender)}`
  if (event.stateKey !== undefined) text += `,"state_key":${JSON.stringify(event.stateKey)}`
  return `${text},"type":${JSON.stringify(event.type)}`
}
