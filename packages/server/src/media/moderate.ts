import type { UserId } from '@ranvier/protocol/ids/brands'
import type { QuarantineChange, Storage } from '@ranvier/storage'
import { notFound } from '../errors.ts'
import { isMediaId, type MediaRef, parseMxc } from './media-id.ts'

const BATCH = 100

/** What administrators do about files that should not be seen. Synapse: admin_api/media_admin_api */
export interface MediaModeration {
  /**
   * Hides a file, and every other of the same content, from everybody; protected ones stay. A file that is not known
   * here is passed over. How many files it reached.
   */
  quarantine(by: UserId, ref: MediaRef): Promise<number>
  /** Hides the files of these `mxc://` URIs. What is no URI of a file here is passed over. */
  quarantineUris(by: UserId, uris: readonly string[]): Promise<number>
  /** Hides all that a user has uploaded. */
  quarantineUser(by: UserId, userId: string): Promise<number>
  /** Shows a file and every other of the same content again. */
  unquarantine(ref: MediaRef): Promise<number>
  /** Keeps a file from being quarantined later, or no longer does. Throws 404 when there is none. */
  protect(mediaId: string, isProtected: boolean): Promise<void>
  /** What was hidden and shown after the change with this id, oldest first. */
  changes(afterId: number, limit: number): Promise<QuarantineChange[]>
  lastChange(): Promise<number>
}

export function mediaModeration(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  serverName: string
}): MediaModeration {
  const { storage, serverName } = deps
  const isOurs = (ref: MediaRef) => ref.serverName === serverName && isMediaId(ref.mediaId)

  async function quarantineIds(by: UserId, mediaIds: readonly string[]): Promise<number> {
    let reached = 0
    for (let i = 0; i < mediaIds.length; i += BATCH) {
      const batch = mediaIds.slice(i, i + BATCH)
      reached += await storage.write((tx) => tx.media.quarantine(batch, by))
    }
    return reached
  }

  return {
    quarantine: async (by, ref) => (isOurs(ref) ? quarantineIds(by, [ref.mediaId]) : 0),
    quarantineUris(by, uris) {
      const refs = uris.map(parseMxc).filter((ref) => ref !== undefined)
      return quarantineIds(by, [...new Set(refs.filter(isOurs).map((ref) => ref.mediaId))])
    },
    async quarantineUser(by, userId) {
      let reached = 0
      for (;;) {
        const next = await storage.read.media.listQuarantinable(userId, BATCH)
        if (next.length === 0) return reached
        reached += await storage.write((tx) => tx.media.quarantine(next, by))
      }
    },
    unquarantine: async (ref) =>
      isOurs(ref) ? storage.write((tx) => tx.media.unquarantine([ref.mediaId])) : 0,
    async protect(mediaId, isProtected) {
      if (!(await storage.write((tx) => tx.media.setProtected(mediaId, isProtected)))) throw notFound('Media')
    },
    changes: (afterId, limit) => storage.read.media.quarantineChanges(afterId, limit),
    lastChange: () => storage.read.media.lastQuarantineChange(),
  }
}
