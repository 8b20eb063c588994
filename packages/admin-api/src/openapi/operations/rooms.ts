import {
  EventAtTime,
  RoomBlock,
  RoomContext,
  RoomDetails,
  RoomList,
  RoomMembers,
  RoomMessages,
  RoomState,
  SetRoomBlock,
} from '../../rooms.ts'
import type { Operations } from '../operation.ts'
import type { QueryParams } from '../query-params.ts'

const tag = 'Rooms'
const roomIdPath = { roomId: 'Id of the room, such as `!room:server.com`' } as const
const noRoom = [404, 'M_NOT_FOUND', 'No such room'] as const
const notRoomId = [400, 'M_UNKNOWN', 'What stands for the room id is none'] as const
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

/** Rooms: looking at them, and blocking them. */
export const roomOperations = {
  listRooms: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms',
    tag,
    summary: 'A page of all rooms this server knows',
    query: ListRoomsQuery,
    answers: { 200: { when: 'The page', schema: RoomList } },
    errors: [[400, 'M_INVALID_PARAM', '`search_term` is empty']],
  },
  getRoom: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId',
    tag,
    summary: 'What is known of a room',
    params: roomIdPath,
    answers: { 200: { when: 'The room', schema: RoomDetails } },
    errors: [noRoom],
  },
  getRoomMembers: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/members',
    tag,
    summary: 'Who is in a room',
    params: roomIdPath,
    answers: { 200: { when: 'Who', schema: RoomMembers } },
    errors: [noRoom],
  },
  getRoomState: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/state',
    tag,
    summary: 'The current state of a room',
    params: roomIdPath,
    query: RoomStateQuery,
    answers: { 200: { when: 'The state', schema: RoomState } },
    errors: [noRoom],
  },
  getRoomMessages: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/messages',
    tag,
    summary: 'A page of the history of a room',
    description: 'Also for who is not in the room. A room this server does not know has an empty history.',
    params: roomIdPath,
    query: RoomMessagesQuery,
    answers: { 200: { when: 'The page', schema: RoomMessages } },
    errors: [
      [400, 'M_UNKNOWN', '`from` or `to` is no token of this server'],
      [400, 'M_NOT_JSON', '`filter` is not JSON'],
      [400, 'M_BAD_JSON', '`filter` is no filter'],
    ],
  },
  getRoomContext: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/context/:eventId',
    tag,
    summary: 'An event and what surrounds it',
    params: { ...roomIdPath, eventId: 'Id of the event' },
    query: RoomContextQuery,
    answers: { 200: { when: 'The event, and more', schema: RoomContext } },
    errors: [
      [400, 'M_NOT_JSON', '`filter` is not JSON'],
      [400, 'M_BAD_JSON', '`filter` is no filter'],
      [404, 'M_NOT_FOUND', 'The room has no such event'],
    ],
  },
  getEventAtTime: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/timestamp_to_event',
    tag,
    summary: 'The event of a room nearest to a time',
    params: roomIdPath,
    query: EventAtTimeQuery,
    answers: { 200: { when: 'The event', schema: EventAtTime } },
    errors: [[404, 'M_NOT_FOUND', 'There is none on that side of the time']],
  },
  getRoomBlock: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId/block',
    tag,
    summary: 'Whether a room is blocked',
    description: 'Also for a room this server does not know.',
    params: roomIdPath,
    answers: { 200: { when: 'Whether', schema: RoomBlock } },
    errors: [notRoomId],
  },
  setRoomBlock: {
    method: 'PUT',
    path: '/_synapse/admin/v1/rooms/:roomId/block',
    tag,
    summary: 'Block a room, or end that',
    description:
      'Into a blocked room no user of this server can come: joins, invites and knocks are 403 `M_FORBIDDEN`. Who is in it stays.',
    params: roomIdPath,
    body: SetRoomBlock,
    answers: { 200: { when: 'Done', schema: SetRoomBlock } },
    errors: [notRoomId],
  },
} as const satisfies Operations
