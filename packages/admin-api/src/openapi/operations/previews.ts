import { MediaDeletionPreview, PurgePreview, RoomDeletionPreview } from '../../previews.ts'
import { PurgeHistoryBody } from '../../purge-history.ts'
import { DeleteRoomBody } from '../../rooms.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { DeleteMediaQuery, UserMediaQuery } from '../queries/media.ts'
import { localUserErrors, userIdPath } from './shared.ts'

const NOTHING = 'Nothing is changed.'
const media = { 200: { when: 'How much', schema: MediaDeletionPreview } } as const
const seconds = [400, 'M_INVALID_PARAM', '`before_ts` looks like seconds'] as const satisfies ErrorRow

/** What deletions would take away. Our own calls: each takes what the call takes that does it. */
export const previewOperations = {
  previewRoomDeletion: {
    method: 'POST',
    path: '/_ranvier/admin/v1/rooms/:roomId/delete/preview',
    tag: 'Rooms',
    area: 'rooms',
    access: 'read',
    summary: 'What the deletion of a room would take away',
    description: `${NOTHING} Takes the body of \`DELETE /_synapse/admin/v2/rooms/{roomId}\`. At most 10000 members are looked at.`,
    params: { roomId: 'Id of the room' },
    body: DeleteRoomBody,
    bodyOptional: true,
    answers: { 200: { when: 'How much', schema: RoomDeletionPreview } },
    errors: [
      [400, 'M_UNKNOWN', 'What stands for the room id is none, or `new_room_user_id` is not of this server'],
    ],
  },
  previewPurgeHistory: {
    method: 'POST',
    path: '/_ranvier/admin/v1/purge_history/:roomId/preview',
    tag: 'Purging history',
    area: 'rooms',
    access: 'read',
    summary: 'What a purge of history would take away',
    description: `${NOTHING} Takes the body of \`POST /_synapse/admin/v1/purge_history/{roomId}\`. At most the 20000 oldest events are looked at.`,
    params: { roomId: 'Id of the room' },
    body: PurgeHistoryBody,
    bodyOptional: true,
    answers: { 200: { when: 'How much', schema: PurgePreview } },
    errors: [
      [400, 'M_BAD_JSON', 'Neither an event nor a time is given'],
      [400, 'M_UNKNOWN', 'The event is of another room'],
      [404, 'M_NOT_FOUND', 'No such event, or none before the time'],
    ],
  },
  previewUnusedMediaDeletion: {
    method: 'POST',
    path: '/_ranvier/admin/v1/media/delete/preview',
    tag: 'Media',
    area: 'media',
    access: 'read',
    summary: 'What the deletion of files nobody has used for long would take away',
    description: `${NOTHING} Takes the query of \`POST /_synapse/admin/v1/media/delete\`. Counting stops at 10000 files.`,
    query: DeleteMediaQuery,
    answers: media,
    errors: [seconds],
  },
  previewUserMediaDeletion: {
    method: 'POST',
    path: '/_ranvier/admin/v1/users/:userId/media/preview',
    tag: 'Media',
    area: 'media',
    access: 'read',
    summary: 'What the deletion of files of a user would take away',
    description: `${NOTHING} Takes the query of \`DELETE /_synapse/admin/v1/users/{userId}/media\`. Counting stops at 10000 files.`,
    params: userIdPath,
    query: UserMediaQuery,
    answers: media,
    errors: localUserErrors,
  },
} as const satisfies Operations
