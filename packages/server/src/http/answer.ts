import type { Readable } from 'node:stream'

/** Several texts are sent one behind the other: put together they would be written to memory once more. */
export type AnswerBody = string | readonly string[] | Uint8Array | Readable | null

/** An answer that is more than "200 with this JSON object". Handlers build one with the functions below. */
export class HttpAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Record<string, string>
  readonly body: AnswerBody
  /** How long a reader may take nothing of it before it is dropped; the server's own limit without. */
  readonly unreadMs: number | undefined

  constructor(status: number, headers: Record<string, string>, body: AnswerBody, unreadMs?: number) {
    this.status = status
    this.headers = headers
    this.body = body
    this.unreadMs = unreadMs
  }
}

export const JSON_TYPE = 'application/json'
/** The headers of an answer that is JSON and has nothing more to say of it. */
export const JSON_ALONE: Record<string, string> = Object.freeze({ 'content-type': JSON_TYPE })

/** `value` as JSON with this status. Header names in lower case. */
export function json(status: number, value: object, headers: Record<string, string> = {}): HttpAnswer {
  return new HttpAnswer(status, { 'content-type': JSON_TYPE, ...headers }, JSON.stringify(value))
}

/** JSON that is text already, or some texts that are JSON together, sent as it is: events are serialised once and their text reused. */
export function rawJson(text: string | readonly string[], status = 200): HttpAnswer {
  return new HttpAnswer(status, JSON_ALONE, text)
}

/** A page for a browser. The caller has escaped what came from outside. */
export function html(text: string, status = 200): HttpAnswer {
  return new HttpAnswer(status, { 'content-type': 'text/html; charset=utf-8' }, text)
}

export function plainText(text: string, status = 200): HttpAnswer {
  return new HttpAnswer(status, { 'content-type': 'text/plain; charset=utf-8' }, text)
}

export function redirect(url: string, status: 302 | 303 | 307 | 308 = 302): HttpAnswer {
  return new HttpAnswer(status, { location: url }, null)
}

/** Bytes, at once or as they come. A reader that stops reading is dropped, and the stream destroyed. */
export function bytes(
  body: Uint8Array | Readable,
  headers: Record<string, string>,
  { status = 200, unreadMs }: { status?: number; unreadMs?: number } = {},
): HttpAnswer {
  return new HttpAnswer(status, headers, body, unreadMs)
}
