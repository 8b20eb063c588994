import type { EventId } from '@ranvier/protocol/ids/brands'
import type { LoadedEvent, RoomEvents } from './room-events.ts'

/** For whom events are written out, and when. */
export interface RenderOptions {
  userId: string
  /** The requester's device: it alone is told its own transaction ids. */
  deviceId: string | null
  nowMs: number
  /** `/sync` leaves `room_id` out. */
  withoutRoomId?: boolean
  /** The federation form instead. Spec: CS API §Filtering, `event_format`. */
  federationFormat?: boolean
  /** The requester's membership when the event happened, for `unsigned.membership`. Spec: CS API v1.11. */
  membershipAt?: (loaded: LoadedEvent) => string | undefined
}

/** Events as JSON texts, in order: what they say, and what the server adds in `unsigned`. */
export async function renderEvents(
  roomEvents: RoomEvents,
  events: readonly LoadedEvent[],
  options: RenderOptions,
): Promise<string[]> {
  const previousNids: number[] = []
  const redactions: EventId[] = []
  for (const { row } of events) {
    if (row.replaces !== null) previousNids.push(row.replaces)
    if (row.redactedBy !== null) redactions.push(row.redactedBy)
  }
  // Most events replace nothing and are not redacted: then nothing more is read.
  const previous = previousNids.length === 0 ? undefined : await roomEvents.byNid(previousNids)
  const redactedBy = redactions.length === 0 ? undefined : await roomEvents.byId(redactions)
  return events.map((loaded) => {
    const replaced = loaded.row.replaces === null ? undefined : previous?.get(loaded.row.replaces)
    const redaction = loaded.row.redactedBy === null ? undefined : redactedBy?.get(loaded.row.redactedBy)
    return renderEvent(loaded, options, replaced, redaction)
  })
}

function renderEvent(
  loaded: LoadedEvent,
  options: RenderOptions,
  replaced: LoadedEvent | undefined,
  redaction: LoadedEvent | undefined,
): string {
  const { row } = loaded
  let unsigned = `{"age":${options.nowMs - row.originServerTs}`
  const membership = options.membershipAt?.(loaded)
  if (membership !== undefined) unsigned += `,"membership":${JSON.stringify(membership)}`
  if (replaced !== undefined) {
    unsigned += `,"prev_content":${JSON.stringify(replaced.event.content)}`
    unsigned += `,"prev_sender":${JSON.stringify(replaced.event.sender)}`
    unsigned += `,"replaces_state":${JSON.stringify(replaced.event.eventId)}`
  }
  if (redaction !== undefined) {
    const because = `${redaction.body},"room_id":${JSON.stringify(row.roomId)}}`
    unsigned += `,"redacted_because":${because},"redacted_by":${JSON.stringify(row.redactedBy)}`
  }
  if (row.txnId !== null && row.sender === options.userId && row.txnDevice === options.deviceId)
    unsigned += `,"transaction_id":${JSON.stringify(row.txnId)}`
  unsigned += '}'
  if (options.federationFormat)
    return `${JSON.stringify(loaded.event.pdu).slice(0, -1)},"unsigned":${unsigned}}`
  const room = options.withoutRoomId ? '' : `,"room_id":${JSON.stringify(row.roomId)}`
  return `${loaded.body}${room},"unsigned":${unsigned}}`
}
