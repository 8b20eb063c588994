import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { notFound } from '../errors.ts'
import type { AccessRecorder } from './access-recorder.ts'
import type { FindReadable, ReadOptions } from './find-readable.ts'
import type { MediaFiles } from './media-files.ts'
import type { MediaRef } from './media-id.ts'

/** Up to so many bytes a file is read at once: a stream would hold as much, and costs several times the work. */
const WHOLE_BYTES = 64 * 1024

/** Something to send. Whoever gets a stream reads or destroys it. */
export interface MediaContent {
  body: Uint8Array | Readable
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

/** What is in an open file, which is closed when it has been read. */
export async function contentOf(
  handle: FileHandle,
  about: Pick<MediaContent, 'contentType' | 'fileName'>,
): Promise<MediaContent> {
  let content: MediaContent
  try {
    const { size } = await handle.stat()
    if (size > WHOLE_BYTES) return { body: handle.createReadStream(), length: size, ...about }
    content = { body: await readWhole(handle, size), length: size, ...about }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return content
}

async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(size), 0, size, 0)
  if (bytesRead < size) throw new Error(`of ${size} bytes of a file only ${bytesRead} can be read`)
  return buffer
}
