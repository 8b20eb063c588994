import { MediaInfo, PurgedCache, QuarantineChanges, QuarantinedCount, RoomMedia } from '../../media.ts'
import { DeletedMedia } from '../../user-media.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { DeleteMediaQuery, PurgeCacheQuery, QuarantineChangesQuery } from '../queries/media.ts'
import { done } from './shared.ts'

const tag = 'Media'
const roomPath = { roomId: 'Id of the room' } as const
const mediaIdPath = { mediaId: 'Id of the file, without the name of the server' } as const
const mediaPath = { serverName: 'The server the file is from', ...mediaIdPath } as const
const unknownMedia = [404, 'M_NOT_FOUND', 'No such file'] as const satisfies ErrorRow
const seconds = [400, 'M_INVALID_PARAM', '`before_ts` looks like seconds'] as const satisfies ErrorRow
const quarantined = { 200: { when: 'Done', schema: QuarantinedCount } } as const
const deleted = { 200: { when: 'The files that were deleted', schema: DeletedMedia } } as const
const SPREAD = 'Every file of the same content follows. A file that is not known here is passed over.'
const JOB =
  'The answer comes when all is done. The work is a scheduled task meanwhile, and goes on after a restart and when the caller goes away.'
const ROOM = `Those that unencrypted events of the room name. Protected files are spared. ${JOB}`
const UNUSED = `Neither files in quarantine nor protected ones. ${JOB}`

/** What administrators do about files, whoever uploaded them. */
export const mediaModerationOperations = {
  listRoomMedia: {
    method: 'GET',
    path: '/_synapse/admin/v1/room/:roomId/media',
    tag,
    area: 'media',
    summary: 'The files that unencrypted events of a room name',
    params: roomPath,
    answers: { 200: { when: 'The files', schema: RoomMedia } },
    errors: [],
  },
  getMedia: {
    method: 'GET',
    path: '/_synapse/admin/v1/media/:serverName/:mediaId',
    tag,
    area: 'media',
    summary: 'What is known about a file',
    params: mediaPath,
    answers: { 200: { when: 'The file', schema: MediaInfo } },
    errors: [unknownMedia],
  },
  quarantineMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/quarantine/:serverName/:mediaId',
    tag,
    area: 'media',
    summary: 'Put a file in quarantine',
    description: `${SPREAD} Protected files stay as they are.`,
    params: mediaPath,
    answers: done,
    errors: [],
  },
  unquarantineMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/unquarantine/:serverName/:mediaId',
    tag,
    area: 'media',
    summary: 'Take a file out of quarantine',
    description: SPREAD,
    params: mediaPath,
    answers: done,
    errors: [],
  },
  quarantineRoomMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/room/:roomId/media/quarantine',
    tag,
    area: 'media',
    summary: 'Put all files of a room in quarantine',
    description: ROOM,
    params: roomPath,
    answers: quarantined,
    errors: [],
  },
  quarantineRoomMediaLegacy: {
    method: 'POST',
    path: '/_synapse/admin/v1/quarantine_media/:roomId',
    tag,
    area: 'media',
    summary: 'The same under its former path',
    description: ROOM,
    params: roomPath,
    answers: quarantined,
    errors: [],
  },
  quarantineUserMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/user/:userId/media/quarantine',
    tag,
    area: 'media',
    summary: 'Put all files a user has uploaded in quarantine',
    description: `Protected files are spared. An unknown user has uploaded none. ${JOB}`,
    params: { userId: 'Full user id, such as `@user:server.com`' },
    answers: quarantined,
    errors: [],
  },
  listQuarantineChanges: {
    method: 'GET',
    path: '/_synapse/admin/v1/media/quarantine_changes',
    tag,
    area: 'media',
    summary: 'What has been put in quarantine and taken out',
    query: QuarantineChangesQuery,
    answers: { 200: { when: 'The changes', schema: QuarantineChanges } },
    errors: [[400, 'M_INVALID_PARAM', '`from` is beyond the last change']],
  },
  protectMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/protect/:mediaId',
    tag,
    area: 'media',
    summary: 'Protect a file from quarantine',
    params: mediaIdPath,
    answers: done,
    errors: [unknownMedia],
  },
  unprotectMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/unprotect/:mediaId',
    tag,
    area: 'media',
    summary: 'Protect a file no longer',
    params: mediaIdPath,
    answers: done,
    errors: [unknownMedia],
  },
  deleteMedia: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/media/:serverName/:mediaId',
    tag,
    area: 'media',
    summary: 'Delete a file',
    params: mediaPath,
    answers: deleted,
    errors: [[400, 'M_UNKNOWN', 'The file is of another server'], unknownMedia],
  },
  deleteUnusedMedia: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/delete',
    tag,
    area: 'media',
    summary: 'Delete files nobody has used for long',
    description: UNUSED,
    query: DeleteMediaQuery,
    answers: deleted,
    errors: [seconds],
  },
  deleteUnusedMediaLegacy: {
    method: 'POST',
    path: '/_synapse/admin/v1/media/:serverName/delete',
    tag,
    area: 'media',
    summary: 'The same under its former path',
    description: UNUSED,
    params: { serverName: 'The name of this server' },
    query: DeleteMediaQuery,
    answers: deleted,
    errors: [seconds, [400, 'M_UNKNOWN', '`serverName` is not this server']],
  },
  purgeMediaCache: {
    method: 'POST',
    path: '/_synapse/admin/v1/purge_media_cache',
    tag,
    area: 'media',
    summary: 'Delete copies of files of other servers nobody has used for long',
    description: 'No such copies are kept yet, so there is nothing to delete.',
    query: PurgeCacheQuery,
    answers: { 200: { when: 'How many were deleted', schema: PurgedCache } },
    errors: [seconds],
  },
} as const satisfies Operations
