import type { LocalMedia, Storage, Transaction } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { invalidParam } from '../errors.ts'
import type { Requester } from '../requester.ts'
import type { MediaFiles } from './media-files.ts'
import { mxcOf, newMediaId } from './media-id.ts'
import type { MediaSettings } from './settings.ts'

/** A file on its way in. */
export interface IncomingFile {
  /** What the client says it is; `undefined` when it says nothing. */
  mediaType: string | undefined
  fileName: string | undefined
  /** It is part of the preview of this URL, and goes with it. */
  urlCache?: string
  /** The content as it arrives. Throws 413 `M_TOO_LARGE` past `maxBytes`. Opened at most once. */
  openBody: (maxBytes: number) => AsyncIterable<Buffer>
}

/** Takes a file in; its `mxc://` URI, once it is on disk. */
export type Upload = (by: Requester, file: IncomingFile) => Promise<string>

export interface UploadDeps {
  storage: Pick<Storage, 'read' | 'write'>
  files: MediaFiles
  clock: Clock
  settings: MediaSettings
}

export function upload(deps: UploadDeps): Upload {
  return async (by, file) => {
    const checked = checkIncoming(file)
    const { serverName, authenticatedMedia } = deps.settings
    const mediaId = newMediaId()
    await takeIn(deps, checked, {
      row: { mediaId, userId: by.userId, createdTs: deps.clock.nowMs(), authenticated: authenticatedMedia },
    })
    return mxcOf({ serverName, mediaId })
  }
}

export interface CheckedFile {
  mediaType: string
  fileName: string | null
  urlCache: string | null
  openBody: IncomingFile['openBody']
}

/** Throws 400 `M_INVALID_PARAM` for a name that cannot be kept. */
export function checkIncoming(file: IncomingFile): CheckedFile {
  const { fileName = '' } = file
  if (fileName.includes('\0')) throw invalidParam('The file name must not contain the character U+0000')
  if (Buffer.byteLength(fileName) > MAX_NAME_BYTES)
    throw invalidParam(`The file name is longer than ${MAX_NAME_BYTES} bytes`)
  return {
    mediaType: checkedType(file.mediaType),
    fileName: fileName === '' ? null : fileName,
    urlCache: file.urlCache ?? null,
    openBody: file.openBody,
  }
}

const MAX_NAME_BYTES = 1024 // an index of PostgreSQL holds 2,704 bytes, and a user id is beside it
const MAX_TYPE_LENGTH = 255
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+ *(?:;[ -~]*)?$/

/** The type as given if it is one. Spec: CS API §Content repository: what is obviously wrong may become octet-stream. */
function checkedType(given: string | undefined): string {
  const type = given?.trim() ?? ''
  return type.length <= MAX_TYPE_LENGTH && MEDIA_TYPE.test(type) ? type : 'application/octet-stream'
}

/** Reads the content to disk, then commits the row that makes it a file, together with what `before` writes. */
export async function takeIn(
  { storage, files, settings }: UploadDeps,
  file: CheckedFile,
  into: {
    row: Pick<LocalMedia, 'mediaId' | 'userId' | 'createdTs' | 'authenticated'>
    before?: (tx: Transaction) => Promise<void>
  },
): Promise<void> {
  const received = await files.receive(file.openBody(settings.maxUploadBytes))
  try {
    await files.locked(received.sha256, async () => {
      // On disk first: a crash in between leaves content without a row, which is swept.
      await files.keep(received)
      await storage.write(async (tx) => {
        await into.before?.(tx)
        const isQuarantined = await tx.media.isHashQuarantined(received.sha256)
        await tx.media.add({
          ...into.row,
          mediaType: file.mediaType,
          mediaLength: received.length,
          uploadName: file.fileName,
          lastAccessTs: null,
          quarantinedBy: isQuarantined ? 'system' : null,
          safeFromQuarantine: false,
          sha256: received.sha256,
          urlCache: file.urlCache,
        })
      })
    })
  } catch (error) {
    await files.discard(received) // nothing to do when it was kept
    throw error
  }
}
