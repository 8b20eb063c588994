import {
  type BulkItemList,
  BulkJobBody,
  type BulkJobList,
  type BulkJobStarted,
  type BulkJobState,
  type BulkPreview,
} from '@ranvier/admin-api/bulk-jobs'
import { ListBulkItemsQuery, ListBulkJobsQuery } from '@ranvier/admin-api/openapi/queries/bulk-jobs'
import type { BulkJobs } from '../../../bulk/bulk-jobs.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'
import { MOST_ITEMS, pageToken, placeOf } from '../page-token.ts'
import { bulkRequest } from './request.ts'
import { itemShape, jobShape } from './shape.ts'

export interface BulkJobRoutesDeps {
  bulkJobs: BulkJobs
  /** Whether accounts may have to be approved. */
  approvalEnabled: boolean
}

const JOBS = '/_ranvier/admin/v1/bulk_jobs'
/** Ten thousand ids of the greatest length. */
const MAX_BODY_BYTES = 4_000_000
const jobsQuery = queryParams(ListBulkJobsQuery)
const itemsQuery = queryParams(ListBulkItemsQuery)

/** One thing done to many: `/_ranvier/admin/v1/bulk_jobs` */
export function bulkJobRoutes(deps: BulkJobRoutesDeps): Route[] {
  return [...startRoutes(deps), ...stateRoutes(deps)]
}

function startRoutes({ bulkJobs, approvalEnabled }: BulkJobRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'POST',
      path: `${JOBS}/preview`,
      operationId: 'previewBulkJob',
      body: BulkJobBody,
      maxBodyBytes: MAX_BODY_BYTES,
      async handler({ requester, body }): Promise<BulkPreview> {
        const request = bulkRequest(body, approvalEnabled)
        const { excluded, ...preview } = await bulkJobs.preview(requester.userId, request)
        return { action: body.action, ...preview, excluded: [...excluded] }
      },
    }),
    adminRoute({
      method: 'POST',
      path: JOBS,
      operationId: 'startBulkJob',
      body: BulkJobBody,
      maxBodyBytes: MAX_BODY_BYTES,
      handler: async ({ requester, body }): Promise<BulkJobStarted> => ({
        job_id: await bulkJobs.start(requester.userId, bulkRequest(body, approvalEnabled)),
      }),
    }),
    adminRoute({
      method: 'POST',
      path: `${JOBS}/:jobId/cancel`,
      operationId: 'cancelBulkJob',
      handler: async ({ params: { jobId } }): Promise<BulkJobState> => jobShape(await bulkJobs.cancel(jobId)),
    }),
  ]
}

function stateRoutes({ bulkJobs }: BulkJobRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: JOBS,
      operationId: 'listBulkJobs',
      query: jobsQuery,
      async handler({ query }): Promise<BulkJobList> {
        const place = query.from === undefined ? undefined : placeOf(query.from, ['number', 'string'])
        const before = place && { createdTs: place[0], id: place[1] }
        const limit = Math.min(query.limit, MOST_ITEMS)
        const found = await bulkJobs.list(before, limit + 1)
        const jobs = found.slice(0, limit)
        const last = jobs.at(-1)!
        return {
          jobs: jobs.map(jobShape),
          ...(found.length > limit && { next_token: pageToken([last.createdTs, last.id]) }),
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${JOBS}/:jobId`,
      operationId: 'getBulkJob',
      handler: async ({ params: { jobId } }): Promise<BulkJobState> => jobShape(await bulkJobs.get(jobId)),
    }),
    adminRoute({
      method: 'GET',
      path: `${JOBS}/:jobId/items`,
      operationId: 'listBulkItems',
      query: itemsQuery,
      async handler({ params: { jobId }, query }): Promise<BulkItemList> {
        const after = query.from === undefined ? -1 : placeOf(query.from, ['number'])[0]
        const limit = Math.min(query.limit, MOST_ITEMS)
        const found = await bulkJobs.items(jobId, { state: query.state, after, limit: limit + 1 })
        const items = found.slice(0, limit)
        return {
          items: items.map(itemShape),
          ...(found.length > limit && { next_token: pageToken([items.at(-1)!.seq]) }),
        }
      },
    }),
  ]
}
