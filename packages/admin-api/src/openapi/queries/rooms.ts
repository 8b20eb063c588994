import type { QueryParams } from '../query-params.ts'

const filter = {
  kind: 'string',
  description: 'A room event filter, as JSON text. Spec: CS API §Filtering',
} as const

/** `GET /v1/rooms` */
export const ListRoomsQuery = {
  from: { kind: 'int', default: 0, description: 'Where the page begins: `next_batch` of the page before' },
  limit: { kind: 'int', default: 100, description: 'Most rooms of a page' },
  order_by: {
    kind: 'enum',
    values: [
      'name',
      'alphabetical',
      'size',
      'canonical_alias',
      'joined_members',
      'joined_local_members',
      'version',
      'creator',
      'encryption',
      'federatable',
      'public',
      'join_rules',
      'guest_access',
      'history_visibility',
      'state_events',
    ],
    default: 'name',
    description:
      'What the rooms are ordered by; equal ones go by room id. `alphabetical` is `name`, `size` is `joined_members`',
  },
  dir: {
    kind: 'enum',
    values: ['f', 'b'],
    default: 'f',
    description:
      '`f`: ascending, but descending for `joined_members`, `joined_local_members`, `version` and `state_events`; `b`: the other way round',
  },
  search_term: {
    kind: 'string',
    description:
      "Only rooms whose name or canonical alias' localpart contains this, in any letter case, or that have this id",
  },
  public_rooms: { kind: 'bool', description: 'true: only rooms of the room directory, false: only others' },
  empty_rooms: { kind: 'bool', description: 'true: only rooms nobody is in, false: only others' },
} as const satisfies QueryParams

/** `GET /v1/rooms/{room_id}/state` */
export const RoomStateQuery = {
  type: { kind: 'string', description: 'Only events of this type; empty: of all types' },
} as const satisfies QueryParams

/** `GET /v1/rooms/{room_id}/messages` */
export const RoomMessagesQuery = {
  from: {
    kind: 'string',
    description: 'Token of an earlier page. Default: the beginning of the room for `f`, its end for `b`',
  },
  to: { kind: 'string', description: 'Token of the place to stop at' },
  limit: { kind: 'int', default: 10, description: 'Most events of a page, at most 1000' },
  dir: {
    kind: 'enum',
    values: ['f', 'b'],
    default: 'f',
    description: '`f`: oldest first, `b`: newest first',
  },
  filter,
} as const satisfies QueryParams

/** `GET /v1/rooms/{room_id}/context/{event_id}` */
export const RoomContextQuery = {
  limit: { kind: 'int', default: 10, description: 'Most events around the event, at most 100' },
  filter,
} as const satisfies QueryParams

/** `GET /v1/rooms/{room_id}/timestamp_to_event` */
export const EventAtTimeQuery = {
  ts: { kind: 'int', required: true, description: 'The time, ms since epoch' },
  dir: {
    kind: 'enum',
    values: ['f', 'b'],
    default: 'f',
    description: '`f`: the first event at or after it, `b`: the last at or before it',
  },
} as const satisfies QueryParams

/** `GET /v1/rooms/{room_id}/hierarchy` */
export const RoomHierarchyQuery = {
  from: { kind: 'string', description: '`next_batch` of the page before, with the same `max_depth`' },
  limit: { kind: 'int', default: 50, min: 1, description: 'Most rooms of a page, at most 50' },
  max_depth: { kind: 'int', description: 'How far below the space to go. Default: to the end' },
} as const satisfies QueryParams
