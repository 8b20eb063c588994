import type { QueryParams } from '../query-params.ts'
import { DIRECTIONS, FROM, LIMIT } from './paging.ts'

/** `GET` and `DELETE /v1/users/{user_id}/media` */
export const UserMediaQuery = {
  from: FROM,
  limit: LIMIT,
  order_by: {
    kind: 'enum',
    values: [
      'media_id',
      'upload_name',
      'created_ts',
      'last_access_ts',
      'media_length',
      'media_type',
      'quarantined_by',
      'safe_from_quarantine',
    ],
    description:
      'What the files are ordered by; equal ones go by ascending `media_id`. Default: `created_ts`',
  },
  dir: {
    kind: 'enum',
    values: DIRECTIONS,
    description: '`f`: ascending, `b`: descending. Default: `f` with `order_by`, newest first without',
  },
} as const satisfies QueryParams

/** `GET /v1/media/quarantine_changes` */
export const QuarantineChangesQuery = {
  from: { kind: 'int', default: 0, description: '`next_batch` of the call before' },
} as const satisfies QueryParams

/** `POST /v1/media/delete` */
export const DeleteMediaQuery = {
  before_ts: {
    kind: 'int',
    required: true,
    description: 'Only files last used, or uploaded and never used, before then, ms since epoch',
  },
  size_gt: { kind: 'int', default: 0, description: 'Only files of more than so many bytes' },
  keep_profiles: { kind: 'bool', default: true, description: 'false: also pictures of users and rooms' },
} as const satisfies QueryParams

/** `POST /v1/purge_media_cache` */
export const PurgeCacheQuery = {
  before_ts: { kind: 'int', required: true, description: 'Only files last used before then, ms since epoch' },
} as const satisfies QueryParams
