import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { notFound } from '../errors.ts'
import type { AccessRecorder } from './access-recorder.ts'
import type { FindReadable, ReadOptions } from './find-readable.ts'
import type { MediaFiles } from './media-files.ts'
import type { MediaRef } from './media-id.ts'

/** Something to send. Whoever gets it reads or destroys the stream. */
export interface MediaContent {
  stream: Readable
  /** Bytes. */
  length: number
  contentType: string
  /** What it was called by who uploaded it. */
  fileName: string | null
}

/** Opens a file for reading. Throws as {@link FindReadable}. */
export type DownloadMedia = (ref: MediaRef, how: ReadOptions) => Promise<MediaContent>

export function downloadMedia(deps: {
  findReadable: FindReadable
  files: MediaFiles
  access: AccessRecorder
  onError: (error: unknown) => void
}): DownloadMedia {
  return async (ref, how) => {
    const media = await deps.findReadable(ref, how)
    const handle = await deps.files.open(media.sha256)
    if (handle === undefined) {
      // Removed by hand, or deleted since the row was read.
      deps.onError(new Error(`the content of ${media.mediaId} is missing: ${media.sha256}`))
      throw notFound('Media')
    }
    deps.access.record(media.mediaId)
    return contentOf(handle, { contentType: media.mediaType, fileName: media.uploadName })
  }
}

/** A stream of an open file, which it closes. */
export async function contentOf(
  handle: FileHandle,
  about: Pick<MediaContent, 'contentType' | 'fileName'>,
): Promise<MediaContent> {
  try {
    const { size } = await handle.stat()
    return { stream: handle.createReadStream(), length: size, ...about }
  } catch (error) {
    await handle.close()
    throw error
  }
}
