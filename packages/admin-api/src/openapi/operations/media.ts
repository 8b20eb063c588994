import { DeletedMedia, UserMediaList } from '../../user-media.ts'
import type { Operations } from '../operation.ts'
import { UserMediaQuery } from '../queries/media.ts'
import { localUserErrors, userIdPath } from './shared.ts'

const tag = 'Media'

/** Uploaded files. */
export const mediaOperations = {
  listUserMedia: {
    method: 'GET',
    path: '/_synapse/admin/v1/users/:userId/media',
    tag,
    area: 'media',
    summary: 'The files a user has uploaded, page by page',
    params: userIdPath,
    query: UserMediaQuery,
    answers: { 200: { when: 'A page', schema: UserMediaList } },
    errors: localUserErrors,
  },
  deleteUserMedia: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/users/:userId/media',
    tag,
    area: 'media',
    summary: 'Delete files a user has uploaded',
    description:
      'Those of the page that is asked for, with their thumbnails: 100 at most unless `limit` says otherwise. The answer comes ' +
      'when all is done. The work is a scheduled task meanwhile, and goes on after a restart and when the caller goes away.',
    params: userIdPath,
    query: UserMediaQuery,
    answers: { 200: { when: 'The files that were deleted', schema: DeletedMedia } },
    errors: localUserErrors,
  },
} as const satisfies Operations
