import type { FileHandle } from 'node:fs/promises'

/** The kinds of pictures thumbnails are made of. No SVG: it is a program, and can name files. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'avif'

export interface SniffedImage {
  format: ImageFormat
  /** An animated PNG, which is read as its first frame. */
  isAnimatedPng: boolean
}

const HEAD_BYTES = 64 * 1024

/** What the first bytes of a file say it is; `undefined` for what is no picture we read. What a client says may be wrong. */
export async function sniffImage(handle: FileHandle): Promise<SniffedImage | undefined> {
  const buffer = Buffer.allocUnsafeSlow(HEAD_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0)
  const head = buffer.subarray(0, bytesRead)
  const format = formatOf(head)
  if (format === undefined) return undefined
  // The chunk that announces the animation stands before the first pixels; found by chance, it costs a re-encoding.
  return { format, isAnimatedPng: format === 'png' && head.includes('acTL') }
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const JPEG = Buffer.from('ffd8ff', 'hex')

function formatOf(head: Buffer): ImageFormat | undefined {
  const text = (from: number, to: number) => head.toString('latin1', from, to)
  if (head.subarray(0, 8).equals(PNG)) return 'png'
  if (head.subarray(0, 3).equals(JPEG)) return 'jpeg'
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'gif'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp'
  if (text(4, 8) === 'ftyp' && (text(8, 12) === 'avif' || text(8, 12) === 'avis')) return 'avif'
  return undefined
}
