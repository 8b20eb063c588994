import { randomBytes } from 'node:crypto'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { BulkItem, BulkItemState, BulkJob, Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { notFound } from '../errors.ts'
import { type ApplySpared, BULK_JOB } from './bulk-job.ts'
import { type BulkPreview, previewWish } from './preview.ts'
import { type BulkRequest, parseWish } from './wish.ts'

/** One thing done to many accounts, files, devices or rooms, in the background. */
export interface BulkJobs {
  /** What a request would reach, without starting it. 400 `M_INVALID_PARAM` for what cannot be started. */
  preview(by: UserId, request: BulkRequest): Promise<BulkPreview>
  /** The id to ask for the state with. 400 `M_INVALID_PARAM` as `parseWish` says. */
  start(by: UserId, request: BulkRequest): Promise<string>
  /** 404 `M_NOT_FOUND` for an unknown id. */
  get(id: string): Promise<BulkJob>
  /** The newest first, behind the one at `before`. */
  list(before: { createdTs: number; id: string } | undefined, limit: number): Promise<BulkJob[]>
  /** 404 `M_NOT_FOUND` for an unknown id. */
  items(
    id: string,
    page: { state?: BulkItemState | undefined; after: number; limit: number },
  ): Promise<BulkItem[]>
  /** Stops the job from the next item on; one that has ended stays as it is. 404 `M_NOT_FOUND` for an unknown id. */
  cancel(id: string): Promise<BulkJob>
}

export function bulkJobs(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  serverName: ServerName
  spared: ApplySpared
  flushSeen: () => Promise<void>
}): BulkJobs {
  const { storage, clock, serverName } = deps

  async function get(id: string): Promise<BulkJob> {
    const job = await storage.read.bulkJobs.find(id)
    if (job === undefined) throw notFound('Bulk job')
    return job
  }

  return {
    get,
    async preview(by, request) {
      const { wish, items } = parseWish(request, serverName)
      if (wish.target.kind === 'stale-devices') await deps.flushSeen()
      return previewWish(storage.read, wish, items, deps.spared(by))
    },
    async start(by, request) {
      const { wish, items } = parseWish(request, serverName)
      const id = randomBytes(12).toString('base64url')
      const createdTs = clock.nowMs()
      await storage.write(async (tx) => {
        await tx.bulkJobs.create({ id, action: wish.action, by, createdTs })
        await tx.bulkJobs.addItems(id, items)
        // What is `undefined` in it is left out of the JSON it is kept as.
        await tx.jobs.enqueue(BULK_JOB, { id, params: wish as unknown as JsonObject, createdTs })
      })
      return id
    },
    list: (before, limit) => storage.read.bulkJobs.list(before, limit),
    async items(id, page) {
      await get(id)
      return storage.read.bulkJobs.items(id, page)
    },
    async cancel(id) {
      await get(id)
      await storage.write((tx) => tx.jobs.cancel(id, clock.nowMs()))
      return get(id)
    },
  }
}
