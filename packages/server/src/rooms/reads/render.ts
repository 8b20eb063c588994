import type { EventId } from '@ranvier/protocol/ids/brands'
import { AT_ONCE, inSteps } from '../../in-steps.ts'
import { type Bundle, bundlesOf } from '../../relations/bundles.ts'
import type { LoadedEvent, RoomEvents } from '../room-events.ts'
import type { RoomReads } from './read-access.ts'

/** For whom events are written out, and when. */
export interface RenderOptions {
  userId: string
  /** The requester's device: it alone is told its own transaction ids. */
  deviceId: string | null
  nowMs: number
  /** `/sync` leaves `room_id` out. */
  withoutRoomId?: boolean
  /** The federation form instead, with the `event_id`, which is found nowhere else. Spec: CS API §Filtering, `event_format`. */
  federationFormat?: boolean
  /** The requester's membership when the event happened, for `unsigned.membership`. Spec: CS API v1.11. */
  membershipAt?: (loaded: LoadedEvent) => string | undefined
  /** What goes along with the events of what relates to them, by their numbers. */
  bundles?: ReadonlyMap<number, Bundle>
  /** For `unsigned.invite_room_state`, by the numbers of invites: texts of what the invited may know of the room. */
  inviteStates?: ReadonlyMap<number, readonly string[]>
}

/** What else is told of one event. */
interface Additions {
  replaced?: LoadedEvent | undefined
  redaction?: LoadedEvent | undefined
  bundle?: Bundle | undefined
  inviteState?: readonly string[] | undefined
}

/** As {@link renderEvents}, with what the user may see of what relates to the events. */
export async function renderForUser(
  reads: RoomReads,
  events: readonly LoadedEvent[],
  options: RenderOptions,
): Promise<string[]> {
  const bundles = await bundlesOf(reads, options.userId, events)
  return renderEvents(reads.roomEvents, events, { ...options, bundles })
}

/** Events as JSON texts, in order: what they say, and what the server adds in `unsigned`. */
export async function renderEvents(
  roomEvents: RoomEvents,
  events: readonly LoadedEvent[],
  options: RenderOptions,
): Promise<string[]> {
  if (events.length <= AT_ONCE) return renderSome(roomEvents, events, options)
  const texts: string[] = []
  for await (const some of inSteps(events)) texts.push(...(await renderSome(roomEvents, some, options)))
  return texts
}

async function renderSome(
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
    const { replaces, redactedBy: redactionId, nid } = loaded.row
    return renderEvent(loaded, options, {
      replaced: replaces === null ? undefined : previous?.get(replaces),
      redaction: redactionId === null ? undefined : redactedBy?.get(redactionId),
      bundle: options.bundles?.get(nid),
      inviteState: options.inviteStates?.get(nid),
    })
  })
}

function renderEvent(
  loaded: LoadedEvent,
  options: RenderOptions,
  { replaced, redaction, bundle, inviteState }: Additions,
): string {
  const { row } = loaded
  let unsigned = `{"age":${Math.max(0, options.nowMs - row.originServerTs)}`
  const membership = options.membershipAt?.(loaded)
  if (membership !== undefined) unsigned += `,"membership":${JSON.stringify(membership)}`
  if (replaced !== undefined) {
    unsigned += `,"prev_content":${JSON.stringify(replaced.event.content)}`
    unsigned += `,"prev_sender":${JSON.stringify(replaced.event.sender)}`
    unsigned += `,"replaces_state":${JSON.stringify(replaced.event.eventId)}`
  }
  if (redaction !== undefined) {
    const because = renderEvent(redaction, { ...options, withoutRoomId: false }, {})
    unsigned += `,"redacted_because":${because},"redacted_by":${JSON.stringify(row.redactedBy)}`
  }
  if (row.txnId !== null && row.sender === options.userId && row.txnDevice === options.deviceId)
    unsigned += `,"transaction_id":${JSON.stringify(row.txnId)}`
  if (bundle !== undefined) unsigned += `,"m.relations":${relationsText(bundle, options)}`
  if (inviteState !== undefined) unsigned += `,"invite_room_state":[${inviteState.join(',')}]`
  unsigned += '}'
  if (options.federationFormat)
    return `${JSON.stringify(loaded.event.pdu).slice(0, -1)},"event_id":${JSON.stringify(row.eventId)},"unsigned":${unsigned}}`
  const room = options.withoutRoomId ? '' : `,"room_id":${JSON.stringify(row.roomId)}`
  return `${loaded.body}${room},"unsigned":${unsigned}}`
}

/** Spec: CS API §Server-side aggregations. Nested events name their room everywhere: clients read them on their own. */
function relationsText({ replacement, references, thread }: Bundle, options: RenderOptions): string {
  const nested = { ...options, withoutRoomId: false }
  const members: string[] = []
  if (replacement !== undefined) members.push(`"m.replace":${renderEvent(replacement, nested, {})}`)
  if (references.length > 0)
    members.push(`"m.reference":${JSON.stringify({ chunk: references.map((id) => ({ event_id: id })) })}`)
  if (thread !== undefined) {
    const latest = renderEvent(thread.latest, nested, { bundle: thread.bundle })
    const { count, participated } = thread
    members.push(
      `"m.thread":{"latest_event":${latest},"count":${count},"current_user_participated":${participated}}`,
    )
  }
  return `{${members.join(',')}}`
}
