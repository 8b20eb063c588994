import {
  DeletedExtremities,
  DeleteRoomBody,
  DeleteRoomStarted,
  DeleteRoomStatus,
  DeleteRoomStatuses,
  EventAtTime,
  ForwardExtremities,
  JoinedRoom,
  JoinRoomBody,
  MakeRoomAdminBody,
  RoomBlock,
  RoomContext,
  RoomDetails,
  RoomList,
  RoomMembers,
  RoomMessages,
  RoomState,
  SetRoomBlock,
  ShutdownRoom,
} from '../../rooms.ts'
import type { Operations } from '../operation.ts'
import {
  EventAtTimeQuery,
  ListRoomsQuery,
  RoomContextQuery,
  RoomMessagesQuery,
  RoomStateQuery,
} from '../queries/rooms.ts'
import { done, localUserErrors, malformedUser } from './shared.ts'

const tag = 'Rooms'
const deletion = 'Deleting rooms'
const membership = 'Membership of rooms'
const roomIdPath = { roomId: 'Id of the room, such as `!room:server.com`' } as const
const noRoom = [404, 'M_NOT_FOUND', 'No such room'] as const
const notOurs = [400, 'M_UNKNOWN', '`new_room_user_id` is no user of this server'] as const
const roomPath = { roomIdOrAlias: 'Id of the room, or an alias of it' } as const
const notRoom = [400, 'M_UNKNOWN', 'What stands for the room is neither id nor alias'] as const
const noAlias = [404, 'M_NOT_FOUND', 'No such alias'] as const
const noRoomOrAlias = [404, 'M_NOT_FOUND', 'No such room or alias'] as const
const notRoomId = [400, 'M_UNKNOWN', 'What stands for the room id is none'] as const

/** Rooms: looking at them, blocking and deleting them. */
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
  deleteRoomV1: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/rooms/:roomId',
    tag: deletion,
    summary: 'Delete a room, and wait until it is gone',
    description:
      'Users of this server leave, and see it; then all that is stored of the room is deleted. A large room takes long: use the second version.',
    params: roomIdPath,
    body: DeleteRoomBody,
    answers: { 200: { when: 'Done, also when there was no such room', schema: ShutdownRoom } },
    errors: [
      notRoomId,
      notOurs,
      [400, 'M_UNKNOWN', 'Users are still in the room, and `force_purge` is not set'],
    ],
  },
  deleteRoom: {
    method: 'DELETE',
    path: '/_synapse/admin/v2/rooms/:roomId',
    tag: deletion,
    summary: 'Delete a room in the background',
    description: 'As the first version, but answers at once. The work goes on after a restart.',
    params: roomIdPath,
    body: DeleteRoomBody,
    answers: { 200: { when: 'Begun, also when there is no such room', schema: DeleteRoomStarted } },
    errors: [notRoomId, notOurs, [400, 'M_UNKNOWN', 'The room is being deleted already']],
  },
  listRoomDeletions: {
    method: 'GET',
    path: '/_synapse/admin/v2/rooms/:roomId/delete_status',
    tag: deletion,
    summary: 'How far the deletions of a room have come',
    params: roomIdPath,
    answers: { 200: { when: 'Those of the last seven days', schema: DeleteRoomStatuses } },
    errors: [notRoomId, [404, 'M_NOT_FOUND', 'There is none']],
  },
  getRoomDeletion: {
    method: 'GET',
    path: '/_synapse/admin/v2/rooms/delete_status/:deleteId',
    tag: deletion,
    summary: 'How far a deletion has come',
    params: { deleteId: 'The `delete_id` it was begun with' },
    answers: { 200: { when: 'How far', schema: DeleteRoomStatus } },
    errors: [[404, 'M_NOT_FOUND', 'No such deletion']],
  },
  joinRoom: {
    method: 'POST',
    path: '/_synapse/admin/v1/join/:roomIdOrAlias',
    tag: membership,
    summary: 'Let a user of this server join a room',
    description:
      'Into a public room the user comes directly. Into any other the administrator invites the user first, and must be allowed to in the room.',
    params: roomPath,
    body: JoinRoomBody,
    answers: { 200: { when: 'The user is in the room', schema: JoinedRoom } },
    errors: [
      ...localUserErrors,
      notRoom,
      [403, 'M_FORBIDDEN', 'The administrator may not invite, the user is banned, or the room is blocked'],
      noAlias,
      [404, 'M_UNKNOWN', 'No such room'],
    ],
  },
  makeRoomAdmin: {
    method: 'POST',
    path: '/_synapse/admin/v1/rooms/:roomIdOrAlias/make_room_admin',
    tag: membership,
    summary: 'Give a user the highest power in a room',
    description:
      'In the name of the most powerful user of this server in the room, who also invites the user if need be.',
    params: roomPath,
    body: MakeRoomAdminBody,
    bodyOptional: true,
    answers: done,
    errors: [
      malformedUser,
      notRoom,
      [400, 'M_UNKNOWN', 'No such room, or nobody of this server may change power levels in it'],
      [403, 'M_FORBIDDEN', 'The user cannot be invited: they are banned, or the room is blocked'],
      noAlias,
    ],
  },
  getForwardExtremities: {
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomIdOrAlias/forward_extremities',
    tag,
    summary: 'Where the history of a room ends',
    params: roomPath,
    answers: { 200: { when: 'The last events', schema: ForwardExtremities } },
    errors: [notRoom, noRoomOrAlias],
  },
  deleteForwardExtremities: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/rooms/:roomIdOrAlias/forward_extremities',
    tag,
    summary: 'Let the history of a room end with its newest event alone',
    params: roomPath,
    answers: { 200: { when: 'Done', schema: DeletedExtremities } },
    errors: [notRoom, noRoomOrAlias],
  },
} as const satisfies Operations
