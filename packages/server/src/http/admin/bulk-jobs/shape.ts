import type { BulkItemList, BulkJobState } from '@ranvier/admin-api/bulk-jobs'
import type { BulkItem, BulkJob } from '@ranvier/storage'

export function jobShape(job: BulkJob): BulkJobState {
  return {
    job_id: job.id,
    action: job.action as BulkJobState['action'], // was one when it was started
    by: job.by,
    status: job.status,
    ...(job.error !== null && { error: job.error }),
    created_ts: job.createdTs,
    updated_ts: job.updatedTs,
    gathered: job.gathered,
    total: job.total,
    done: job.done,
    unchanged: job.unchanged,
    failed: job.failed,
  }
}

export function itemShape({
  item,
  state,
  affected,
  error,
  updatedTs,
}: BulkItem): BulkItemList['items'][number] {
  return {
    item,
    state,
    affected,
    ...(error !== null && { error }),
    ...(updatedTs !== null && { updated_ts: updatedTs }),
  }
}
