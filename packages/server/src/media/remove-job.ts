import type { Storage } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { RemoveContents } from './delete.ts'

/** Its id in the database: there is one for ever. */
export const REMOVE_MEDIA_ID = 'remove-media'
const BATCH = 100
const PAUSE_MS = 3_600_000

/**
 * Takes contents of deleted files off the disk that are still there: the process was killed between the rows and the
 * disk, or the disk refused. It runs when the server starts, and every hour.
 */
export function removeMediaJob(deps: {
  storage: Pick<Storage, 'read'>
  removeContents: RemoveContents
}): JobKind {
  return defineJob<Record<string, never>, null>({
    name: REMOVE_MEDIA_ID,
    async step({ nowMs }) {
      const hashes = await deps.storage.read.media.listRemovals(BATCH)
      const left = await deps.removeContents(hashes)
      const goesOn = hashes.length === BATCH && left.length === 0
      return { progress: null, dueTs: goesOn ? nowMs : nowMs + PAUSE_MS }
    },
  })
}
