import { type Static, Type } from './schema.ts'

const count = (description: string) => Type.Integer({ description })

/** `POST /_ranvier/admin/v1/rooms/{room_id}/delete/preview` */
export const RoomDeletionPreview = Type.Object({
  room_id: Type.String({ description: 'Id of the room' }),
  known: Type.Boolean({ description: 'false: there is no such room here, and nothing but its id to block' }),
  blocked: Type.Boolean({ description: 'Whether it is blocked now' }),
  in_progress: Type.Boolean({
    description: 'true: it is being deleted, and a second deletion would be refused',
  }),
  joined_local: count('Joined users of this server, who would be made to leave'),
  pending_local: count(
    'Users of this server who are invited or knock, whose invites and knocks would be turned down',
  ),
  joined_remote: count('Joined users of other servers, who would not be told'),
  members_exact: Type.Boolean({ description: 'false: there are more members than were looked at' }),
  aliases: Type.Array(Type.String(), { description: 'Aliases that would be moved to the new room, or go' }),
  events: count('Events that would go, by the kept total; 0 without `purge`'),
  state_events: count('State that would go, by the kept total; 0 without `purge`'),
})
export type RoomDeletionPreview = Static<typeof RoomDeletionPreview>

/** `POST /_ranvier/admin/v1/purge_history/{room_id}/preview` */
export const PurgePreview = Type.Object({
  room_id: Type.String({ description: 'Id of the room' }),
  event_id: Type.String({ description: 'What is older than this event would go' }),
  in_progress: Type.Boolean({
    description: 'true: its history is being purged, and a second purge would be refused',
  }),
  events: count('Events that would go, as far as was looked'),
  exact: Type.Boolean({ description: 'false: there is more history than was looked at, and more may go' }),
  at_most: count('More events than these cannot go, by the kept total of the room'),
})
export type PurgePreview = Static<typeof PurgePreview>

/** `POST /_ranvier/admin/v1/media/delete/preview` and `…/users/{user_id}/media/preview` */
export const MediaDeletionPreview = Type.Object({
  files: count('Files that would go'),
  bytes: count('Their bytes. The disk gets back less where other files have the same content'),
  exact: Type.Boolean({ description: 'false: counting stopped there, and more would go' }),
})
export type MediaDeletionPreview = Static<typeof MediaDeletionPreview>
