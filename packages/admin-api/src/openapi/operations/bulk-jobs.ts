import {
  BulkItemList,
  BulkJobBody,
  BulkJobList,
  BulkJobStarted,
  BulkJobState,
  BulkPreview,
} from '../../bulk-jobs.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { ListBulkItemsQuery, ListBulkJobsQuery } from '../queries/bulk-jobs.ts'
import { badToken } from './shared.ts'

const tag = 'Bulk jobs'
const jobPath = { jobId: 'Id of the job' } as const
const unknownJob = [404, 'M_NOT_FOUND', 'No such job, or it has been forgotten'] as const satisfies ErrorRow
const wishErrors = [
  [400, 'M_INVALID_PARAM', 'Not exactly one way to say what it is about, or none the action knows'],
  [400, 'M_INVALID_PARAM', 'A list is empty or too long, or something in it is no id of this server'],
  [400, 'M_INVALID_PARAM', 'The filter is empty: it would find everybody'],
] as const satisfies ErrorRow[]

/** One thing done to many. Our own calls. */
export const bulkJobOperations = {
  previewBulkJob: {
    method: 'POST',
    path: '/_ranvier/admin/v1/bulk_jobs/preview',
    tag,
    area: 'bulk',
    access: 'read',
    summary: 'What a bulk job would reach, without starting it',
    body: BulkJobBody,
    answers: { 200: { when: 'Counts and some examples', schema: BulkPreview } },
    errors: wishErrors,
  },
  startBulkJob: {
    method: 'POST',
    path: '/_ranvier/admin/v1/bulk_jobs',
    tag,
    area: 'bulk',
    summary: 'Do one thing to many accounts, files, devices or rooms',
    description:
      'In the background, a few items at a time, each exactly once. A filter does not reach yourself, nor the account that sends the notices of the server; a list does.',
    body: BulkJobBody,
    answers: { 200: { when: 'It has been begun', schema: BulkJobStarted } },
    errors: wishErrors,
  },
  listBulkJobs: {
    method: 'GET',
    path: '/_ranvier/admin/v1/bulk_jobs',
    tag,
    area: 'bulk',
    summary: 'Bulk jobs, and how far they have come',
    description: 'What has ended is forgotten after seven days.',
    query: ListBulkJobsQuery,
    answers: { 200: { when: 'A page of them', schema: BulkJobList } },
    errors: [badToken],
  },
  getBulkJob: {
    method: 'GET',
    path: '/_ranvier/admin/v1/bulk_jobs/:jobId',
    tag,
    area: 'bulk',
    summary: 'How far a bulk job has come',
    params: jobPath,
    answers: { 200: { when: 'How far', schema: BulkJobState } },
    errors: [unknownJob],
  },
  listBulkItems: {
    method: 'GET',
    path: '/_ranvier/admin/v1/bulk_jobs/:jobId/items',
    tag,
    area: 'bulk',
    summary: 'What became of each item of a bulk job',
    params: jobPath,
    query: ListBulkItemsQuery,
    answers: { 200: { when: 'A page of them', schema: BulkItemList } },
    errors: [badToken, unknownJob],
  },
  cancelBulkJob: {
    method: 'POST',
    path: '/_ranvier/admin/v1/bulk_jobs/:jobId/cancel',
    tag,
    area: 'bulk',
    summary: 'Stop a bulk job',
    description: 'From the next item on. What was done stays done; a job that has ended stays as it is.',
    params: jobPath,
    answers: { 200: { when: 'What had been done by then', schema: BulkJobState } },
    errors: [unknownJob],
  },
} as const satisfies Operations
