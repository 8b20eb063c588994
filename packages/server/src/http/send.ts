import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type AnswerBody, HttpAnswer, JSON_ALONE, JSON_TYPE } from './answer.ts'

// Spec: CS API §Web Browser Clients. The same for every answer, errors included: a web client can read neither an
// answer nor an error without them.
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS',
  'access-control-allow-headers':
    'X-Requested-With, Content-Type, Authorization, Date, If-Match, If-None-Match',
  'access-control-expose-headers': 'ETag, Retry-After, Content-Disposition',
} as const

// Answers belong to one account at one moment; no cache on the way may keep them.
const JSON_HEADERS = { ...CORS, 'content-type': JSON_TYPE, 'cache-control': 'no-store' } as const
/** Names and values in turns: Node goes through a list faster than through an object, of which each answer would need a new one. */
const JSON_HEADER_LIST: readonly string[] = Object.entries(JSON_HEADERS).flat()

/**
 * A body between these goes to the socket as it is, in its parts, beside the head of its answer: Node puts the head before a text by
 * copying both. Of what is written in parts Node keeps the texts beside their bytes until the client has read them; of a
 * large answer it is to keep the bytes alone.
 */
const MIN_APART_BYTES = 4_096
const MAX_APART_BYTES = 262_144

/** How long a client may take nothing of an answer that waits for it, before it is dropped. */
const UNREAD_ANSWER_MS = 60_000

/** How long what is sent after a refusal is thrown away, before the connection is closed over it. */
const REST_OF_REQUEST_MS = 5_000

/** A reader who has gone, or stopped reading, is no failure of ours. */
const GONE: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'])

/** Sends what a handler returned. `onBroken` hears why an answer ended half-way that we could not go on with. */
export function send(
  response: ServerResponse,
  result: object | undefined,
  onBroken: (error: unknown) => void = () => {},
): void {
  if (response.writableEnded || response.destroyed) {
    // Nobody is there any more: what would have been read for him is closed.
    if (result instanceof HttpAnswer && result.body instanceof Readable) result.body.destroy()
    return
  }
  if (result instanceof HttpAnswer) sendAnswer(response, result, onBroken)
  else sendText(response, 200, JSON_ALONE, result === undefined ? '{}' : JSON.stringify(result))
}

/** The answer to `OPTIONS`. */
export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, { ...CORS, 'access-control-max-age': '86400' })
  response.end()
}

function sendAnswer(response: ServerResponse, answer: HttpAnswer, onBroken: (error: unknown) => void): void {
  if (answer.body instanceof Readable)
    sendStream(response, answer, answer.body).catch((error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code)) onBroken(error)
    })
  else sendText(response, answer.status, answer.headers, answer.body ?? '')
}

function headersOf(headers: HttpAnswer['headers']): Record<string, string> {
  return headers['content-type'] === JSON_TYPE ? { ...JSON_HEADERS, ...headers } : { ...CORS, ...headers }
}

function sendText(
  response: ServerResponse,
  status: number,
  headers: HttpAnswer['headers'],
  body: Exclude<AnswerBody, Readable | null>,
): void {
  const { socket } = response
  const parts = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
  let length = 0
  for (const part of parts) length += Buffer.byteLength(part)
  if (headers === JSON_ALONE) response.writeHead(status, [...JSON_HEADER_LIST, 'content-length', length])
  else response.writeHead(status, { ...headersOf(headers), 'content-length': length })
  if (length > MIN_APART_BYTES && length <= MAX_APART_BYTES) {
    socket?.cork()
    response.flushHeaders()
    for (const part of parts.slice(0, -1)) response.write(part, encodingOf(part, Buffer.byteLength(part)))
    const last = parts.at(-1)!
    end(response, last, Buffer.byteLength(last))
    socket?.uncork()
  } else end(response, parts.length === 1 ? parts[0]! : parts.join(''), length)
  // The kernel takes most answers at once. What it did not take waits in our memory for the client to read on.
  if (socket !== null && socket.writableLength > 0) dropWhenUnread(response)
}

function end(response: ServerResponse, body: string | Uint8Array, length: number): void {
  if (response.req.complete || response.shouldKeepAlive) response.end(body, encodingOf(body, length))
  else endAfterRequest(response, body)
}

/** A text of ASCII alone has the same bytes in both; Node writes this one with less work. */
const encodingOf = (part: string | Uint8Array, bytes: number) => (part.length === bytes ? 'latin1' : 'utf8')

/**
 * Closing a connection on which more of a request arrives resets it, and the answer is lost with it. The answer has its
 * length: who reads it need not wait for the end.
 */
function endAfterRequest(response: ServerResponse, body: string | Uint8Array): void {
  const { req } = response
  response.flushHeaders()
  if (body.length > 0) response.write(body)
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, REST_OF_REQUEST_MS)
  if (req.readableEnded || req.destroyed) end()
  else req.once('end', end).once('close', end).resume()
}

async function sendStream(
  response: ServerResponse,
  { status, headers, unreadMs }: HttpAnswer,
  body: Readable,
): Promise<void> {
  response.writeHead(status, headersOf(headers))
  if (response.req.method === 'HEAD') {
    body.destroy()
    response.end()
    return
  }
  dropWhenUnread(response, unreadMs)
  // A stream that fails half-way cannot be answered any more: the connection is cut, so that the client sees that the
  // answer is incomplete. `pipeline` has destroyed both sides by then.
  await pipeline(body, response)
}

/** Cuts the connection when nothing moves on it. Node sets its own timeout again when the answer is out. */
function dropWhenUnread(response: ServerResponse, unreadMs = UNREAD_ANSWER_MS): void {
  const { socket } = response
  if (socket instanceof Socket) socket.setTimeout(unreadMs) // `inject` has no real one
}
