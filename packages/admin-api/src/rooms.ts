import { type Static, type TSchema, Type } from './schema.ts'

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const roomId = () => Type.String({ description: 'Id of the room' })

const roomItem = {
  room_id: roomId(),
  name: nullable(Type.String({ description: 'Name of the room; null: it has none' })),
  canonical_alias: nullable(Type.String({ description: 'Main alias of the room; null: it has none' })),
  joined_members: Type.Integer({ description: 'How many users are in the room' }),
  joined_local_members: Type.Integer({ description: 'How many of them are of this server' }),
  version: Type.String({ description: 'Version of the room' }),
  creator: nullable(Type.String({ description: 'Full id of the user who made the room' })),
  encryption: nullable(
    Type.String({ description: 'Algorithm messages are encrypted with; null: they are not' }),
  ),
  federatable: Type.Boolean({ description: 'Whether users of other servers may join' }),
  public: Type.Boolean({ description: 'Whether the room is in the room directory' }),
  join_rules: nullable(Type.String({ description: 'Who may join: `public`, `invite`, `knock`, …' })),
  guest_access: nullable(Type.String({ description: 'Whether guests may join: `can_join`, `forbidden`' })),
  history_visibility: nullable(
    Type.String({ description: 'Who can read: `invited`, `joined`, `shared`, `world_readable`' }),
  ),
  state_events: Type.Integer({ description: 'How many entries the state of the room has' }),
  room_type: nullable(Type.String({ description: 'Type of the room, such as `m.space`; null: it has none' })),
}

/** A room of `GET /v1/rooms`. Synapse: admin_api/rooms §List Room API */
export const RoomListItem = Type.Object(roomItem)
export type RoomListItem = Static<typeof RoomListItem>

/** `GET /v1/rooms` */
export const RoomList = Type.Object({
  rooms: Type.Array(RoomListItem, { description: 'The page' }),
  offset: Type.Integer({ description: 'Where the page begins' }),
  total_rooms: Type.Integer({ description: 'How many rooms pass the filter' }),
  next_batch: Type.Optional(Type.Integer({ description: '`from` of the next page; absent on the last' })),
  prev_batch: Type.Optional(Type.Integer({ description: '`from` of the page before; absent on the first' })),
})
export type RoomList = Static<typeof RoomList>

/** `GET /v1/rooms/{room_id}`. Synapse: admin_api/rooms §Room Details API */
export const RoomDetails = Type.Object({
  ...roomItem,
  avatar: nullable(Type.String({ description: 'MXC URI of the avatar; null: it has none' })),
  topic: nullable(Type.String({ description: 'Topic of the room; null: it has none' })),
  joined_local_devices: Type.Integer({
    description: 'How many devices the joined users of this server have',
  }),
  forgotten: Type.Boolean({ description: 'Whether every user of this server has forgotten the room' }),
  tombstoned: Type.Boolean({ description: 'Whether the room has been closed in favour of another' }),
  replacement_room: nullable(
    Type.String({ description: 'Id of the room that replaces it; null: none does' }),
  ),
})
export type RoomDetails = Static<typeof RoomDetails>

/** `GET /v1/rooms/{room_id}/members` */
export const RoomMembers = Type.Object({
  members: Type.Array(Type.String(), { description: 'Full ids of all joined users, of any server' }),
  total: Type.Integer({ description: 'How many there are' }),
})
export type RoomMembers = Static<typeof RoomMembers>

/** Spec: CS API §Room event format, ClientEvent */
export const RoomEvent = Type.Object(
  {},
  { additionalProperties: true, description: 'An event as clients get it' },
)
const events = (description: string) => Type.Array(RoomEvent, { description })

/** `GET /v1/rooms/{room_id}/state` */
export const RoomState = Type.Object({ state: events('The events that make up the current state') })

/** `GET /v1/rooms/{room_id}/messages` */
export const RoomMessages = Type.Object({
  start: Type.String({ description: 'Where the page begins: a token for `from`' }),
  end: Type.Optional(Type.String({ description: '`from` of the next page; absent at the end of the room' })),
  chunk: events('The page, in the order of `dir`'),
  state: Type.Optional(events('Member events of the senders, if the filter asks for lazily loaded members')),
})

/** `GET /v1/rooms/{room_id}/context/{event_id}` */
export const RoomContext = Type.Object({
  start: Type.String({ description: 'Token for the place before these events' }),
  end: Type.String({ description: 'Token for the place behind them' }),
  events_before: events('What came before the event, newest first'),
  event: RoomEvent,
  events_after: events('What came after it, oldest first'),
  state: events('The state of the room at the last of these events'),
})

/** `GET /v1/rooms/{room_id}/timestamp_to_event` */
export const EventAtTime = Type.Object({
  event_id: Type.String({ description: 'Id of the event' }),
  origin_server_ts: Type.Integer({ description: 'When it was sent, ms since epoch' }),
})
export type EventAtTime = Static<typeof EventAtTime>

/** `GET /v1/rooms/{room_id}/hierarchy`. Spec: CS API §GET /rooms/{roomId}/hierarchy */
export const RoomHierarchy = Type.Object({
  rooms: Type.Array(
    Type.Object(
      {
        room_id: roomId(),
        children_state: Type.Array(
          Type.Object({}, { additionalProperties: true, description: 'Stripped event' }),
          { description: 'Its `m.space.child` events, if it is a space' },
        ),
      },
      { additionalProperties: true, description: 'A room as clients get it in the hierarchy of a space' },
    ),
    { description: 'The page: the space itself first, depth first' },
  ),
  next_batch: Type.Optional(Type.String({ description: '`from` of the next page; absent on the last' })),
})
export type RoomHierarchy = Static<typeof RoomHierarchy>

/** `GET /v1/rooms/{room_id}/block` */
export const RoomBlock = Type.Object({
  block: Type.Boolean({ description: 'Whether users of this server are kept from coming into the room' }),
  user_id: Type.Optional(Type.String({ description: 'Who blocked it first; absent if it is not blocked' })),
})
export type RoomBlock = Static<typeof RoomBlock>

/** `PUT /v1/rooms/{room_id}/block` takes and answers this. */
export const SetRoomBlock = Type.Object({
  block: Type.Boolean({ description: 'true: block the room, false: no longer' }),
})
export type SetRoomBlock = Static<typeof SetRoomBlock>

/** `DELETE /v1/rooms/{room_id}` and `/v2/…`. Synapse: admin_api/rooms §Delete Room API */
export const DeleteRoomBody = Type.Object({
  // null is as good as nothing for these three: so consoles written for Synapse may send it.
  new_room_user_id: Type.Optional(
    nullable(
      Type.String({
        description:
          'A user of this server who makes a new room, to which the members and the aliases are moved. Default: no new room',
      }),
    ),
  ),
  room_name: Type.Optional(
    nullable(Type.String({ default: 'Content Violation Notification', description: 'Name of the new room' })),
  ),
  message: Type.Optional(
    nullable(
      Type.String({
        default:
          'Sharing illegal content on this server is not permitted and rooms in violation will be blocked.',
        description: 'What is said in the new room',
      }),
    ),
  ),
  block: Type.Optional(
    Type.Boolean({ default: false, description: 'Also block the room: see `PUT /v1/rooms/{room_id}/block`' }),
  ),
  purge: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Delete all that is stored of the room; false: only empty it',
    }),
  ),
  force_purge: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Purge even if users of this server could not be made to leave',
    }),
  ),
})
export type DeleteRoomBody = Static<typeof DeleteRoomBody>

/** What became of the members. `DELETE /v1/rooms/{room_id}` answers this. */
export const ShutdownRoom = Type.Object({
  kicked_users: Type.Array(Type.String(), { description: 'Users of this server who were made to leave' }),
  failed_to_kick_users: Type.Array(Type.String(), { description: 'Those who could not be' }),
  local_aliases: Type.Array(Type.String(), { description: 'Aliases that were moved to the new room' }),
  new_room_id: nullable(Type.String({ description: 'Id of the new room; null: there is none' })),
})
export type ShutdownRoom = Static<typeof ShutdownRoom>

/** `DELETE /v2/rooms/{room_id}` */
export const DeleteRoomStarted = Type.Object({
  delete_id: Type.String({ description: 'To ask for the state of the work with' }),
})
export type DeleteRoomStarted = Static<typeof DeleteRoomStarted>

/** `GET /v2/rooms/delete_status/{delete_id}` */
export const DeleteRoomStatus = Type.Object({
  delete_id: Type.String({ description: 'Id of the deletion' }),
  room_id: roomId(),
  status: Type.Union(
    [Type.Literal('scheduled'), Type.Literal('active'), Type.Literal('complete'), Type.Literal('failed')],
    { description: 'How far the work has come' },
  ),
  shutdown_room: Type.Union([ShutdownRoom, Type.Null()], {
    description: 'What became of the members so far; null: the work has not begun',
  }),
  error: Type.Optional(Type.String({ description: 'When failed: why' })),
})
export type DeleteRoomStatus = Static<typeof DeleteRoomStatus>

/** `GET /v2/rooms/{room_id}/delete_status` */
export const DeleteRoomStatuses = Type.Object({
  results: Type.Array(DeleteRoomStatus, { description: 'Deletions of the room, of the last seven days' }),
})
export type DeleteRoomStatuses = Static<typeof DeleteRoomStatuses>

/** `POST /v1/rooms/{room_id_or_alias}/make_room_admin` */
export const MakeRoomAdminBody = Type.Object({
  user_id: Type.Optional(Type.String({ description: 'Who gets the power. Default: who asks' })),
})
export type MakeRoomAdminBody = Static<typeof MakeRoomAdminBody>

/** `POST /v1/join/{room_id_or_alias}` */
export const JoinRoomBody = Type.Object({
  user_id: Type.String({ description: 'Full id of the user of this server who is to join' }),
})
export type JoinRoomBody = Static<typeof JoinRoomBody>

export const JoinedRoom = Type.Object({ room_id: roomId() })
export type JoinedRoom = Static<typeof JoinedRoom>

/** `GET /v1/rooms/{room_id_or_alias}/forward_extremities` */
export const ForwardExtremities = Type.Object({
  count: Type.Integer({ description: 'How many there are' }),
  results: Type.Array(
    Type.Object({
      event_id: Type.String({ description: 'Id of an event no other event of the room follows' }),
      state_group: Type.Integer({ description: 'Number of the state after it' }),
      depth: Type.Integer({ description: 'Its depth' }),
      received_ts: Type.Integer({ description: 'When this server got it, ms since epoch' }),
    }),
    { description: 'All of them' },
  ),
})
export type ForwardExtremities = Static<typeof ForwardExtremities>

/** `DELETE` of the same */
export const DeletedExtremities = Type.Object({
  deleted: Type.Integer({ description: 'How many were deleted' }),
})
export type DeletedExtremities = Static<typeof DeletedExtremities>
