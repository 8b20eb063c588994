import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JobKind } from '../jobs/define-job.ts'
import { type BulkJobDeps, bulkJob } from './bulk-job.ts'
import { type BulkJobs, bulkJobs } from './bulk-jobs.ts'
import { forgetBulkJob } from './forget-job.ts'

/** The verbs on bulk jobs, and the kinds of job that do them. */
export function wireBulk(
  parts: Omit<BulkJobDeps, 'spared'> & {
    serverName: ServerName
    /** Who sends the notices of the server. */
    noticesUser: UserId | undefined
  },
): { bulkJobs: BulkJobs; jobs: JobKind[] } {
  const { noticesUser } = parts
  const spared = (by: UserId) => [by, ...(noticesUser === undefined ? [] : [noticesUser])]
  return {
    bulkJobs: bulkJobs({ ...parts, spared }),
    jobs: [bulkJob({ ...parts, spared }), forgetBulkJob()],
  }
}
