import { isJsonObject, type JsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { Pdu } from './types.ts'

type Redaction = RoomVersionRules['redaction']

// In the order of canonical JSON, which makes serialising the result cheap.
const TOP_LEVEL_V11 = [
  'auth_events',
  'content',
  'depth',
  'event_id',
  'hashes',
  'origin_server_ts',
  'prev_events',
  'room_id',
  'sender',
  'signatures',
  'state_key',
  'type',
] as const
const TOP_LEVEL_V1 = [...TOP_LEVEL_V11, 'membership', 'origin', 'prev_state'].sort()

const POWER_LEVELS = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
]

// Event type → the keys of `content` that stay. Each algorithm is the one before with its changes.
const CONTENT_V1: ReadonlyMap<string, readonly string[]> = new Map([
  ['m.room.aliases', ['aliases']],
  ['m.room.create', ['creator']],
  ['m.room.history_visibility', ['history_visibility']],
  ['m.room.join_rules', ['join_rule']],
  ['m.room.member', ['membership']],
  ['m.room.power_levels', POWER_LEVELS],
])
const CONTENT_V6 = new Map([...CONTENT_V1].filter(([type]) => type !== 'm.room.aliases'))
const CONTENT_V8 = new Map([...CONTENT_V6, ['m.room.join_rules', ['allow', 'join_rule']]])
const CONTENT_V9 = new Map([
  ...CONTENT_V8,
  ['m.room.member', ['join_authorised_via_users_server', 'membership']],
])
const CONTENT_V11 = new Map([
  ...CONTENT_V9,
  ['m.room.power_levels', [...POWER_LEVELS, 'invite']],
  ['m.room.redaction', ['redacts']],
])

const CONTENT: Record<Redaction, ReadonlyMap<string, readonly string[]>> = {
  v1: CONTENT_V1,
  v6: CONTENT_V6,
  v8: CONTENT_V8,
  v9: CONTENT_V9,
  v11: CONTENT_V11,
}

/**
 * The event as its room version's redaction algorithm leaves it: what signatures and event ids cover. A new value.
 * `unsigned` is gone; to serve it, put `redacted_because` back.
 *
 * Spec: CS API §Redactions, Room versions §Redactions.
 */
export function redactPdu(pdu: Pdu, rules: RoomVersionRules): Pdu {
  const kept: Record<string, unknown> = {}
  for (const key of rules.redaction === 'v11' ? TOP_LEVEL_V11 : TOP_LEVEL_V1) {
    if (pdu[key] !== undefined) kept[key] = pdu[key]
  }
  kept.content = redactContent(pdu.type, pdu.content, rules)
  return kept as Pdu // the required fields are among those kept
}

/** The part of an event's `content` that survives its redaction. */
export function redactContent(type: string, content: JsonObject, rules: RoomVersionRules): JsonObject {
  if (!isJsonObject(content)) return {}
  // From v11 on a create event keeps everything: all its content concerns the room for good.
  if (rules.redaction === 'v11' && type === 'm.room.create') return content
  const kept: JsonObject = {}
  for (const key of CONTENT[rules.redaction].get(type) ?? []) {
    if (content[key] !== undefined) kept[key] = content[key]
  }
  if (rules.redaction === 'v11' && type === 'm.room.member') {
    const invite = content.third_party_invite
    if (isJsonObject(invite) && invite.signed !== undefined)
      kept.third_party_invite = { signed: invite.signed }
  }
  return kept
}
