import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { tooLarge } from '../errors.ts'

/** What a handler may know of the HTTP request beside its parsed parts. */
export interface HttpRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly rawUrl: string
  readonly headers: IncomingHttpHeaders
  /** The caller's address; from `X-Forwarded-For` on listeners that say so. */
  readonly ip: string
  /** '' when the caller sent none. */
  readonly userAgent: string
  /** Aborted when the client goes away before it is answered, and when the server stops. */
  readonly signal: AbortSignal
  /**
   * The body as it arrives, for routes without a body schema. Throws `M_TOO_LARGE` 413 past `maxBytes`,
   * also when the announced length says so beforehand. Can be read once.
   */
  bodyStream(maxBytes: number): AsyncIterable<Buffer>
}

/** Yields the body's chunks and throws 413 as soon as there are more than `maxBytes` of them. */
export async function* limitedBody(message: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  checkAnnouncedLength(message, maxBytes)
  let total = 0
  // `destroyOnReturn: false`: refusing a body must leave the connection usable for the answer.
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    const buffer = chunk as Buffer // no encoding is set on the message
    total += buffer.length
    if (total > maxBytes) throw tooLarge(bodyTooLarge(maxBytes))
    yield buffer
  }
}

export function checkAnnouncedLength(message: IncomingMessage, maxBytes: number): void {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(bodyTooLarge(maxBytes))
}

function bodyTooLarge(maxBytes: number): string {
  return `The request body is larger than ${maxBytes} bytes`
}
