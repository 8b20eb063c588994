import type { QueryParams } from '../query-params.ts'
import { NEXT, PAGE } from './paging.ts'

/** `GET /_ranvier/admin/v1/bulk_jobs` */
export const ListBulkJobsQuery = { from: NEXT, limit: PAGE } as const satisfies QueryParams

/** `GET /_ranvier/admin/v1/bulk_jobs/{job_id}/items` */
export const ListBulkItemsQuery = {
  state: {
    kind: 'enum',
    values: ['pending', 'started', 'done', 'unchanged', 'failed'],
    description: 'Only items of this state',
  },
  from: NEXT,
  limit: PAGE,
} as const satisfies QueryParams
