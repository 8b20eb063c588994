import type { UserId } from '@ranvier/protocol/ids/brands'
import type { QuarantineChange, Storage } from '@ranvier/storage'
import { notFound } from '../errors.ts'
import { isMediaId, type MediaRef } from './media-id.ts'

/** What administrators do about a file that should not be seen. Synapse: admin_api/media_admin_api */
export interface MediaModeration {
  /**
   * Hides a file, and every other of the same content, from everybody; protected ones stay. A file that is not known
   * here is passed over. How many files it reached.
   */
  quarantine(by: UserId, ref: MediaRef): Promise<number>
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

  return {
    quarantine: async (by, ref) =>
      isOurs(ref) ? storage.write((tx) => tx.media.quarantine([ref.mediaId], by)) : 0,
    unquarantine: async (ref) =>
      isOurs(ref) ? storage.write((tx) => tx.media.unquarantine([ref.mediaId])) : 0,
    async protect(mediaId, isProtected) {
      if (!(await storage.write((tx) => tx.media.setProtected(mediaId, isProtected)))) throw notFound('Media')
    },
    changes: (afterId, limit) => storage.read.media.quarantineChanges(afterId, limit),
    lastChange: () => storage.read.media.lastQuarantineChange(),
  }
}
