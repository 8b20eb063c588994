import type { JsonObject } from '@ranvier/protocol/json'
import type { BulkItem, BulkJob } from '@ranvier/storage'
import { defineJob, type JobKind, type Step } from '../jobs/define-job.ts'
import { type ApplyDeps, applyItem } from './apply-item.ts'
import { type GatherPlace, gatherItems } from './gather.ts'
import { type BulkWish, isMembershipAction } from './wish.ts'

/** Name of the job that does one thing to many. It has a row in `bulk_jobs` under its own id. */
export const BULK_JOB = 'bulk-job'
const ITEMS_PER_STEP = 10

interface Progress extends JsonObject {
  /** Where looking for items goes on. */
  place: GatherPlace
  total: number
  done: number
  unchanged: number
  failed: number
}

export interface BulkJobDeps extends ApplyDeps {
  /** Accounts a filter does not reach, beside who started the job. */
  spared: ApplySpared
  /** Brings the last uses of devices up to date. */
  flushSeen: () => Promise<void>
}

export type ApplySpared = (by: BulkJob['by']) => readonly BulkJob['by'][]

/**
 * The job that first notes every item, so that what it changes does not change what it is about, and then does them, a
 * few a step. What it has done is in its items, not in its progress: that is only shown.
 */
export function bulkJob(deps: BulkJobDeps): JobKind {
  const { storage } = deps
  return defineJob<JsonObject, Progress>({
    name: BULK_JOB,
    async step({ id, signal, batch }, params, progress): Promise<Step<Progress>> {
      const wish = params as unknown as BulkWish // what `start` has kept
      const job = await storage.read.bulkJobs.find(id)
      if (job === undefined) return { progress: progressOf(undefined, null), done: true }
      if (!job.gathered) return gatherStep(deps, job, wish, progress?.place ?? null)
      const items = await storage.read.bulkJobs.unfinished(id, batch(ITEMS_PER_STEP))
      if (items.length > 0) await applyItems(deps, job, wish, items, signal)
      const place = progress?.place ?? null
      return { progress: progressOf(await storage.read.bulkJobs.find(id), place), done: items.length === 0 }
    },
  })
}

async function gatherStep(
  deps: BulkJobDeps,
  job: BulkJob,
  wish: BulkWish,
  place: GatherPlace,
): Promise<Step<Progress>> {
  if (wish.target.kind === 'stale-devices') await deps.flushSeen()
  return async (tx) => {
    const { items, next } = await gatherItems(tx, wish, place, deps.spared(job.by))
    await tx.bulkJobs.addItems(job.id, items)
    if (next === undefined) await tx.bulkJobs.setGathered(job.id)
    return { progress: progressOf(await tx.bulkJobs.find(job.id), next ?? place) }
  }
}

async function applyItems(
  deps: BulkJobDeps,
  { id: jobId, by }: BulkJob,
  wish: BulkWish,
  items: readonly BulkItem[],
  signal: AbortSignal,
): Promise<void> {
  if (wish.target.kind === 'stale-devices') await deps.flushSeen()
  const work = (item: BulkItem) => applyItem(deps, { jobId, by, wish, item, signal })
  if (!isMembershipAction(wish.action)) {
    await Promise.all(items.map(work)) // they wait for the disk together
    return
  }
  for (const item of items) if (!signal.aborted) await work(item)
}

function progressOf(job: BulkJob | undefined, place: GatherPlace): Progress {
  const { total = 0, done = 0, unchanged = 0, failed = 0 } = job ?? {}
  return { place, total, done, unchanged, failed }
}
