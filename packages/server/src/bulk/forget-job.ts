import { defineJob, type JobKind } from '../jobs/define-job.ts'

/** Its id in the database: there is one for ever. */
export const FORGET_BULK_ID = 'forget-bulk-jobs'
const BATCH = 500
const PAUSE_MS = 3_600_000

/** Forgets the items of bulk jobs that have themselves been forgotten. */
export function forgetBulkJob(): JobKind {
  return defineJob<Record<string, never>, null>({
    name: FORGET_BULK_ID,
    step:
      ({ nowMs }) =>
      async (tx) => {
        const deleted = await tx.bulkJobs.deleteForgotten(BATCH)
        return { progress: null, dueTs: deleted > 0 ? nowMs : nowMs + PAUSE_MS }
      },
  })
}
