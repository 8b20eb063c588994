import type { MediaContent } from '../../../media/download.ts'
import { bytes, type HttpAnswer } from '../../answer.ts'

// Spec: CS API §Serving inline content: what a browser may show without running anything.
const INLINE_TYPES = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
])

// Spec: CS API §Content repository, security considerations: a file is somebody else's, and its page is ours.
const SAFETY_HEADERS = {
  'content-security-policy':
    // `media-src` is not in the specification: without it browsers do not play a video that is opened by itself.
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; media-src 'self'; object-src 'self';",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow, noarchive, noimageindex',
} as const

/**
 * The answer with a file in it. `fileName` takes the place of the file's own name. The content of a URI never changes;
 * what was given for a token is for that client's cache only.
 */
export function contentAnswer(
  content: MediaContent,
  how: { fileName?: string | undefined; isAnonymous: boolean },
): HttpAnswer {
  return bytes(content.body, {
    'content-type': withCharset(content.contentType),
    'content-length': String(content.length),
    'content-disposition': contentDisposition(content.contentType, how.fileName ?? content.fileName),
    'cache-control': `${how.isAnonymous ? 'public' : 'private'}, max-age=86400, immutable`,
    ...SAFETY_HEADERS,
  })
}

/** Text is UTF-8 unless the upload said otherwise; browsers that are not told guess. Synapse does so too. */
function withCharset(contentType: string): string {
  return /^text\//i.test(contentType) && !/;\s*charset=/i.test(contentType)
    ? `${contentType}; charset=UTF-8`
    : contentType
}

/** Whether to show or to save it, and under which name. RFC 6266. */
export function contentDisposition(contentType: string, fileName: string | null): string {
  const essence = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const kind = INLINE_TYPES.has(essence) ? 'inline' : 'attachment'
  return fileName === null ? kind : `${kind}; ${nameParameter(fileName)}`
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const QUOTABLE = /^[ -~]+$/

function nameParameter(fileName: string): string {
  if (TOKEN.test(fileName)) return `filename=${fileName}`
  // `%41` inside quotes is decoded by some browsers, so such names take the form that is exact.
  if (QUOTABLE.test(fileName) && !fileName.includes('%'))
    return `filename="${fileName.replace(/["\\]/g, '\\$&')}"`
  return `filename*=UTF-8''${encodeExtended(fileName)}`
}

/** RFC 8187 `ext-value`: leaves fewer characters as they are than `encodeURIComponent`. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
