import type { UserId } from '@ranvier/protocol/ids/brands'
import type { LocalMedia, MediaPage, Storage } from '@ranvier/storage'
import type { UnusedSince } from './delete-job.ts'
import { avatarsAmong } from './keep-avatars.ts'

const BATCH = 100
/** Counting stops there. */
const MAX_FILES = 10_000

/** What a deletion of files would take away. */
export interface MediaDeletionPreview {
  files: number
  /** Of the files. The disk gets back less where others have the same content. */
  bytes: number
  /** False: more would go. */
  exact: boolean
}

/** What the deletions of the same arguments would do. Nothing is changed. */
export interface MediaPreviews {
  unused(which: UnusedSince): Promise<MediaDeletionPreview>
  ofUser(userId: UserId, page: MediaPage): Promise<MediaDeletionPreview>
}

export function mediaPreviews(deps: {
  storage: Pick<Storage, 'read'>
  settings: { serverName: string }
  flushAccess: () => Promise<void>
}): MediaPreviews {
  const { read } = deps.storage
  const { media } = read
  return {
    async unused({ beforeTs, sizeGt, keepProfiles }) {
      await deps.flushAccess()
      let [looked, files, bytes] = [0, 0, 0]
      let after: LocalMedia | undefined
      while (looked < MAX_FILES) {
        const page = await media.listUnusedSince(beforeTs, sizeGt, { ...(after && { after }), limit: BATCH })
        const kept = keepProfiles ? await avatarsAmong(read, deps.settings.serverName, page) : new Set()
        for (const { mediaId, mediaLength } of page) {
          if (kept.has(mediaId)) continue
          files++
          bytes += mediaLength
        }
        if (page.length < BATCH) return { files, bytes, exact: true }
        looked += page.length
        after = page.at(-1)
      }
      return { files, bytes, exact: false }
    },
    async ofUser(userId, page) {
      await deps.flushAccess()
      const limit = Math.min(page.limit, MAX_FILES)
      const found = await media.listOfUser(userId, { ...page, limit })
      const bytes = found.reduce((sum, { mediaLength }) => sum + mediaLength, 0)
      const { files: total } = await media.totalsOf(userId)
      const exact = limit === page.limit || page.from + found.length >= total
      return { files: found.length, bytes, exact }
    },
  }
}
