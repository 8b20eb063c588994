import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { LocalMedia, MediaPage, Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { defineJob, dueFirst, type JobKind } from '../jobs/define-job.ts'
import { waitForJob } from '../jobs/job-ends.ts'
import type { RemoveContents } from './delete.ts'
import { avatarsAmong } from './keep-avatars.ts'

/** Name of the job that deletes many files. Its subject is the user whose files they are, if it is about one. */
export const DELETE_MEDIA = 'delete-media'
const FILES_PER_STEP = 100

/** Which files to delete for their age. */
export interface UnusedSince {
  /** Last used, or uploaded and never used, before this. Ms since epoch. */
  beforeTs: number
  /** Bytes; only larger ones. */
  sizeGt: number
  /** Spares pictures of users and rooms. */
  keepProfiles: boolean
}

/**
 * Deletions that may take long: jobs, which go on after a restart. The ids of what was deleted, in its order, when it is
 * gone from the disk as well; who stops waiting by `signal` stops nothing.
 */
export interface MediaDeletions {
  /** Files nobody has used for long, but no quarantined and no protected ones. */
  unused(which: UnusedSince, signal: AbortSignal): Promise<string[]>
  /** A page of a user's files, as it is when the deletion begins. */
  ofUser(userId: UserId, page: MediaPage, signal: AbortSignal): Promise<string[]>
  job: JobKind
}

type Params = { unused: UnusedSince } | { userId: UserId; page: MediaPage; newestTs: number }

interface Progress extends JsonObject {
  deleted: number
  /** Of the deleted files. */
  bytes: number
  /** Of files by age: the last one looked at. */
  after: { ts: number; mediaId: string } | null
  /** Of a user's files: so many were uploaded since, and are passed over. */
  skipped: number
}

/** Some of the files to delete, and from where on the next are looked for; no `place`: these were all. */
interface Found {
  files: readonly LocalMedia[]
  place?: Pick<Progress, 'after' | 'skipped'>
}

export interface DeletionDeps {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  settings: { serverName: string }
  removeContents: RemoveContents
  /** Brings the times of last use up to date. */
  flushAccess: () => Promise<void>
}

export function mediaDeletions(deps: DeletionDeps): MediaDeletions {
  const { storage, clock } = deps
  const wait = waitForJob(storage)
  /** What jobs have deleted that somebody waits for, by the jobs' ids. */
  const collecting = new Map<string, string[]>()

  async function run(
    subject: UserId | undefined,
    paramsIn: (tx: Transaction) => Promise<Params | undefined>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const deleted: string[] = []
    let id = ''
    try {
      await storage.write(async (tx) => {
        const found = await paramsIn(tx)
        if (found === undefined) return
        const params = found as unknown as JsonObject // numbers and strings
        id = await tx.jobs.enqueue(DELETE_MEDIA, {
          ...(subject && { subject }),
          params,
          createdTs: clock.nowMs(),
          dueTs: dueFirst(clock.nowMs()),
        })
        collecting.set(id, deleted)
      })
      if (id === '') return []
      const { status, error } = await wait(id, signal)
      if (status !== 'complete')
        throw new Error(`the deletion of media ${id} has ended as ${status}: ${error}`)
      return deleted
    } finally {
      collecting.delete(id)
    }
  }

  return {
    async unused(unused, signal) {
      return run(undefined, async () => ({ unused }), signal)
    },
    async ofUser(userId, page, signal) {
      const newest = { orderBy: 'created_ts', dir: 'b', from: 0, limit: 1 } as const
      return run(
        userId,
        async (tx) => {
          const [last] = await tx.media.listOfUser(userId, newest)
          return last && { userId, page, newestTs: last.createdTs }
        },
        signal,
      )
    },
    job: defineJob<JsonObject, Progress>({
      name: DELETE_MEDIA,
      isAwaited: true,
      async step({ id, batch }, given, progress) {
        const params = given as unknown as Params // what `run` has kept
        const at = progress ?? { deleted: 0, bytes: 0, after: null, skipped: 0 }
        await deps.flushAccess()
        return async (tx) => {
          const limit = batch(FILES_PER_STEP)
          const { files, place } =
            'unused' in params
              ? await findUnused(tx, params.unused, at, { limit, serverName: deps.settings.serverName })
              : await findOfUser(tx, params, at, limit)
          if (place === undefined) return { progress: at, done: true }
          const gone = await tx.media.delete(files.map(({ mediaId }) => mediaId))
          const bytes = gone.reduce((sum, { mediaLength }) => sum + mediaLength, at.bytes)
          return {
            progress: { ...at, ...place, deleted: at.deleted + gone.length, bytes },
            async afterwards() {
              collecting.get(id)?.push(...files.map(({ mediaId }) => mediaId))
              // What the disk refuses to remove now, and what a killed process leaves, is removed by `remove-media`.
              await deps.removeContents([...new Set(gone.map(({ sha256 }) => sha256))])
            },
          }
        }
      },
    }),
  }
}

async function findUnused(
  tx: Transaction,
  { beforeTs, sizeGt, keepProfiles }: UnusedSince,
  { after, skipped }: Progress,
  { limit, serverName }: { limit: number; serverName: string },
): Promise<Found> {
  const last = after && { mediaId: after.mediaId, createdTs: after.ts, lastAccessTs: null }
  const page = await tx.media.listUnusedSince(beforeTs, sizeGt, { ...(last && { after: last }), limit })
  const end = page.at(-1)
  if (end === undefined) return { files: [] }
  const kept = keepProfiles ? await avatarsAmong(tx, serverName, page) : new Set()
  const files = page.filter(({ mediaId }) => !kept.has(mediaId))
  return { files, place: { after: { ts: end.lastAccessTs ?? end.createdTs, mediaId: end.mediaId }, skipped } }
}

/** What is deleted makes room at the same offset for what comes next. */
async function findOfUser(
  tx: Transaction,
  { userId, page, newestTs }: { userId: UserId; page: MediaPage; newestTs: number },
  { deleted, after, skipped }: Progress,
  most: number,
): Promise<Found> {
  const limit = Math.min(most, page.limit - deleted)
  const found =
    limit <= 0 ? [] : await tx.media.listOfUser(userId, { ...page, from: page.from + skipped, limit })
  if (found.length === 0) return { files: [] }
  const files = found.filter(({ createdTs }) => createdTs <= newestTs)
  return { files, place: { after, skipped: skipped + found.length - files.length } }
}
