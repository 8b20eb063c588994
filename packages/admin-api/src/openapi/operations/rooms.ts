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
import {
  EventAtTimeQuery,
  ListRoomsQuery,
  RoomContextQuery,
  RoomMessagesQuery,
  RoomStateQuery,
} from '../queries/rooms.ts'

const tag = 'Rooms'
const roomIdPath = { roomId: 'Id of the room, such as `!room:server.com`' } as const
const noRoom = [404, 'M_NOT_FOUND', 'No such room'] as const
const notRoomId = [400, 'M_UNKNOWN', 'What stands for the room id is none'] as const

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
