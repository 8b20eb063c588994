import type { Storage } from '@ranvier/storage'
import { isUnlimited } from '../accounts/rate-limit-overrides.ts'
import type { Clock } from '../clock.ts'
import { cannotOverwriteMedia, forbidden, limitExceeded, notFound } from '../errors.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import type { Arrivals } from './arrivals.ts'
import { isMediaId, type MediaRef, mxcOf, newMediaId } from './media-id.ts'
import type { MediaSettings } from './settings.ts'
import { checkIncoming, type IncomingFile, takeIn, type UploadDeps } from './upload.ts'

export interface Reserved {
  uri: string
  /** Until when the upload must be complete, ms since epoch. */
  expiresTs: number
}

/** Gives out a URI for a file that comes later. Throws 429 when the user has too many that wait for their file. */
export type ReserveMedia = (by: Requester) => Promise<Reserved>

export function reserveMedia(deps: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  settings: MediaSettings
  rateLimits: RateLimits
}): ReserveMedia {
  const { storage, clock, settings, rateLimits } = deps

  return async (by) => {
    if (!(await isUnlimited(storage, by))) rateLimits.check('rc_media_create', by.userId)
    const mediaId = newMediaId()
    const nowMs = clock.nowMs()
    const expiresTs = nowMs + settings.unusedExpirationMs
    await storage.write(async (tx) => {
      const { count, firstExpiresTs } = await tx.mediaReservations.pendingOf(by.userId, nowMs)
      if (count >= settings.maxPendingUploads) throw limitExceeded((firstExpiresTs ?? expiresTs) - nowMs)
      const { authenticatedMedia: authenticated } = settings
      await tx.mediaReservations.add({
        mediaId,
        userId: by.userId,
        createdTs: nowMs,
        expiresTs,
        authenticated,
      })
    })
    return { uri: mxcOf({ serverName: settings.serverName, mediaId }), expiresTs }
  }
}

/**
 * Uploads to a URI given out before. Throws 404 when it was not given out or has expired, 403 when to somebody else,
 * 409 `M_CANNOT_OVERWRITE_MEDIA` when it has content, or an upload to it is going on.
 */
export type UploadReserved = (by: Requester, to: MediaRef, file: IncomingFile) => Promise<void>

export function uploadReserved(deps: UploadDeps & { arrivals: Arrivals }): UploadReserved {
  const { storage, clock, settings } = deps
  const uploading = new Set<string>()

  return async (by, { serverName, mediaId }, file) => {
    const checked = checkIncoming(file)
    if (serverName !== settings.serverName || !isMediaId(mediaId)) throw notFound('Media ID')
    // In this order: an upload that ends in between makes both appear, not neither.
    const reservation = await storage.read.mediaReservations.find(mediaId)
    const media = await storage.read.media.find(mediaId)
    const owner = media?.userId ?? reservation?.userId
    if (owner === undefined) throw notFound('Media ID')
    if (owner !== by.userId) throw forbidden('Only who created the media ID may upload to it')
    if (media !== undefined || reservation === undefined || uploading.has(mediaId))
      throw cannotOverwriteMedia()
    if (reservation.expiresTs <= clock.nowMs()) throw notFound('Media ID')

    uploading.add(mediaId)
    try {
      await takeIn(deps, checked, {
        row: reservation,
        before: async (tx) => {
          if (await tx.mediaReservations.take(mediaId)) return
          throw (await tx.media.find(mediaId)) === undefined ? notFound('Media ID') : cannotOverwriteMedia()
        },
      })
    } finally {
      uploading.delete(mediaId)
    }
    deps.arrivals.announce(mediaId)
  }
}
