import type { LocalMedia, Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { notFound, notYetUploaded } from '../errors.ts'
import type { Arrivals } from './arrivals.ts'
import { isMediaId, type MediaRef } from './media-id.ts'
import type { MediaSettings } from './settings.ts'

const MAX_WAIT_MS = 60_000 // Synapse: MAXIMUM_ALLOWED_MAX_TIMEOUT_MS

/** How a file is asked for. */
export interface ReadOptions {
  /** How long to wait for a file that was announced and not yet uploaded. */
  timeoutMs: number
  signal: AbortSignal
  /** Nobody has shown a token. */
  isAnonymous: boolean
  /** An administrator looks at what is quarantined. */
  evenQuarantined?: boolean
}

/**
 * The file, if it may be given to who asks. Throws 404 `M_NOT_FOUND` when there is none, when it is quarantined, and when
 * it is only for who shows a token; 504 `M_NOT_YET_UPLOADED` when it was awaited in vain.
 */
export type FindReadable = (ref: MediaRef, how: ReadOptions) => Promise<LocalMedia>

export function findReadable(deps: {
  storage: Pick<Storage, 'read'>
  arrivals: Arrivals
  clock: Clock
  settings: Pick<MediaSettings, 'serverName' | 'authenticatedMedia'>
}): FindReadable {
  const { storage, arrivals, clock, settings } = deps

  /** Throws unless an upload to this id can be hoped for. */
  async function checkAwaited(mediaId: string): Promise<void> {
    const reservation = await storage.read.mediaReservations.find(mediaId)
    if (reservation === undefined || reservation.expiresTs <= clock.nowMs()) throw notFound('Media')
  }

  const isHidden = ({ authenticated }: { authenticated: boolean }, how: ReadOptions) =>
    how.isAnonymous && authenticated && settings.authenticatedMedia

  async function wait(mediaId: string, how: ReadOptions): Promise<LocalMedia | undefined> {
    const timeoutMs = Math.min(how.timeoutMs, MAX_WAIT_MS)
    return arrivals.until(mediaId, { timeoutMs, signal: how.signal }, async () => {
      const media = await storage.read.media.find(mediaId)
      if (media === undefined) await checkAwaited(mediaId)
      return media
    })
  }

  return async ({ serverName, mediaId }, how) => {
    if (serverName !== settings.serverName || !isMediaId(mediaId)) throw notFound('Media')
    const media = (await storage.read.media.find(mediaId)) ?? (await wait(mediaId, how))
    if (media === undefined) throw notYetUploaded('Content has not yet been uploaded')
    if (isHidden(media, how)) throw notFound('Media')
    if (media.quarantinedBy !== null && how.evenQuarantined !== true) throw notFound('Media')
    return media
  }
}
