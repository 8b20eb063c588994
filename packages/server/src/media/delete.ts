import { outsideAction, type Storage } from '@ranvier/storage'
import type { MediaFiles } from './media-files.ts'

const BATCH = 100
/** Each waits for the database and then for the disk. */
const REMOVED_AT_ONCE = 8

/** Removes files for good: rows, thumbnails, and contents no other file has. The ids of those that were there. */
export type DeleteMedia = (mediaIds: readonly string[]) => Promise<string[]>

export interface DeleteDeps {
  storage: Pick<Storage, 'read' | 'write'>
  files: MediaFiles
  onError: (error: unknown) => void
}

/** Takes contents off the disk that belong to no file any more; those it could not take. */
export type RemoveContents = (hashes: readonly string[]) => Promise<string[]>

export function removeContents({ storage, files, onError }: DeleteDeps): RemoveContents {
  async function tryRemove(sha256: string): Promise<boolean> {
    try {
      await files.locked(sha256, async () => {
        const known = await storage.read.media.knownHashes([sha256])
        if (known.size === 0) await files.remove(sha256)
      })
      return true
    } catch (error) {
      onError(error)
      return false
    }
  }

  return async (hashes) => {
    const left: string[] = []
    const gone: string[] = []
    for (let i = 0; i < hashes.length; i += REMOVED_AT_ONCE) {
      const some = hashes.slice(i, i + REMOVED_AT_ONCE)
      const removed = await Promise.all(some.map(tryRemove))
      for (const [j, sha256] of some.entries()) (removed[j] ? gone : left).push(sha256)
    }
    // What was done is in the log by its rows; that the disk has followed is nobody's change.
    if (gone.length > 0) await outsideAction(() => storage.write((tx) => tx.media.forgetRemovals(gone)))
    return left
  }
}

export function deleteMedia({
  storage,
  removeContents,
}: Pick<DeleteDeps, 'storage'> & { removeContents: RemoveContents }): DeleteMedia {
  return async (mediaIds) => {
    const deleted: string[] = []
    for (let i = 0; i < mediaIds.length; i += BATCH) {
      const batch = mediaIds.slice(i, i + BATCH)
      const gone = await storage.write((tx) => tx.media.delete(batch))
      // What the disk refuses to remove now, and what a killed process leaves, is removed by a job.
      await removeContents([...new Set(gone.map((media) => media.sha256))])
      const goneIds = new Set(gone.map((media) => media.mediaId))
      deleted.push(...batch.filter((mediaId) => goneIds.delete(mediaId))) // in the caller's order
    }
    return deleted
  }
}
