import type { LocalMedia, MediaPage, Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { JobKind } from '../jobs/define-job.ts'
import type { RateLimits } from '../rate-limit.ts'
import { AccessRecorder } from './access-recorder.ts'
import { Arrivals } from './arrivals.ts'
import { type DeleteMedia, deleteMedia, removeContents } from './delete.ts'
import { type MediaDeletions, mediaDeletions } from './delete-job.ts'
import { type DownloadMedia, downloadMedia } from './download.ts'
import { findReadable } from './find-readable.ts'
import { MediaFiles } from './media-files.ts'
import { type MediaModeration, mediaModeration } from './moderate.ts'
import { type MediaPreviews, mediaPreviews } from './preview-deletion.ts'
import { type MediaQuarantines, mediaQuarantines } from './quarantine-job.ts'
import { removeMediaJob } from './remove-job.ts'
import { type ReserveMedia, reserveMedia, type UploadReserved, uploadReserved } from './reserve.ts'
import type { MediaSettings } from './settings.ts'
import { sweepMediaJob } from './sweep-job.ts'
import { type ThumbnailMedia, thumbnailMedia } from './thumbnails/thumbnail.ts'
import { type Upload, upload } from './upload.ts'

export interface MediaDeps {
  storage: Pick<Storage, 'read' | 'write' | 'subscribe'>
  clock: Clock
  settings: MediaSettings
  rateLimits: RateLimits
  /** Told of failures nobody waits for, and of contents that are missing. */
  onError: (error: unknown) => void
}

/** What administrators read about files, with last uses up to this moment. */
export interface MediaReads {
  find(mediaId: string): Promise<LocalMedia | undefined>
  listOfUser(userId: string, page: MediaPage): Promise<{ media: LocalMedia[]; total: number }>
}

/** Every verb on files. Client routes, admin routes and jobs call these same ones. */
export interface Media extends AsyncDisposable {
  settings: MediaSettings
  upload: Upload
  reserve: ReserveMedia
  uploadReserved: UploadReserved
  download: DownloadMedia
  thumbnail: ThumbnailMedia
  reads: MediaReads
  moderation: MediaModeration
  delete: DeleteMedia
  deletions: MediaDeletions
  quarantines: MediaQuarantines
  previews: MediaPreviews
  /** Of what takes long, and of what sweeps the store and ends deletions: of these there is one each, under `SWEEP_MEDIA_ID` and `REMOVE_MEDIA_ID`. */
  jobs: readonly JobKind[]
}

export function createMedia(given: MediaDeps): Media {
  const { storage, settings } = given
  const access = new AccessRecorder(given)
  const parts = {
    ...given,
    access,
    arrivals: new Arrivals(given.clock),
    files: new MediaFiles(settings.storePath),
    flushAccess: () => access.flush(),
  }
  const remove = removeContents(parts)
  const deletion = deleteMedia({ storage, removeContents: remove })
  const deps = { ...parts, findReadable: findReadable(parts), removeContents: remove }
  const deletions = mediaDeletions(deps)
  const quarantines = mediaQuarantines(deps)
  return {
    settings,
    upload: upload(deps),
    reserve: reserveMedia(deps),
    uploadReserved: uploadReserved(deps),
    download: downloadMedia(deps),
    thumbnail: thumbnailMedia(deps),
    reads: {
      async find(mediaId) {
        await access.settle()
        return storage.read.media.find(mediaId)
      },
      async listOfUser(userId, page) {
        await access.settle()
        const [media, { files }] = await Promise.all([
          storage.read.media.listOfUser(userId, page),
          storage.read.media.totalsOf(userId),
        ])
        return { media, total: files }
      },
    },
    moderation: mediaModeration({ storage, serverName: settings.serverName }),
    delete: deletion,
    deletions,
    quarantines,
    previews: mediaPreviews(deps),
    jobs: [sweepMediaJob(deps), removeMediaJob(deps), deletions.job, quarantines.job],
    [Symbol.asyncDispose]: () => access[Symbol.asyncDispose](),
  }
}
