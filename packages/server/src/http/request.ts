import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseQueryString } from 'node:querystring'
import { tooLarge } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { findAccessToken } from './access-token.ts'

/** What a handler may know of the HTTP request beside its parsed parts. */
export interface HttpRequest {
  /** For log lines; unique within the process. */
  readonly id: string
  readonly method: string
  /** Path and query as they came. May hold an access token: not for logs. */
  readonly rawUrl: string
  readonly headers: IncomingHttpHeaders
  /**
   * The access token, for routes that do not ask for one and look at it in some cases. Throws 401 `M_MISSING_TOKEN` for
   * a malformed one.
   */
  accessToken(): string | undefined
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

/** The requests in progress that asked for a signal, and the way to abort them all. */
export class LiveSignals {
  readonly #controllers = new Set<AbortController>()
  #isStopping = false

  /** A signal that is aborted when the response closes unfinished, or at once when the server is stopping. */
  signalFor(response: ServerResponse): AbortSignal {
    const controller = new AbortController()
    if (this.#isStopping || (response.closed && !response.writableFinished)) {
      controller.abort()
      return controller.signal
    }
    this.#controllers.add(controller)
    response.once('close', () => {
      this.#controllers.delete(controller)
      if (!response.writableFinished) controller.abort()
    })
    return controller.signal
  }

  abortAll(): void {
    this.#isStopping = true
    for (const controller of this.#controllers) controller.abort()
    this.#controllers.clear()
  }
}

/** {@link HttpRequest} over Node's message. What few handlers look at is made when they do. */
export class IncomingRequest implements HttpRequest {
  readonly ip: string
  /** Whose token came with it, once that is known. For log lines. */
  requester: Requester | null = null
  readonly #number: number
  readonly #message: IncomingMessage
  readonly #response: ServerResponse
  readonly #signals: LiveSignals
  #signal: AbortSignal | undefined

  constructor(options: {
    /** Of the requests of this process. */
    number: number
    ip: string
    message: IncomingMessage
    response: ServerResponse
    signals: LiveSignals
  }) {
    this.#number = options.number
    this.ip = options.ip
    this.#message = options.message
    this.#response = options.response
    this.#signals = options.signals
  }

  get id(): string {
    return this.#number.toString(36)
  }
  get method(): string {
    return this.#message.method ?? 'GET'
  }
  get rawUrl(): string {
    return this.#message.url ?? '/'
  }
  get headers(): IncomingHttpHeaders {
    return this.#message.headers
  }
  accessToken(): string | undefined {
    return findAccessToken(this.#message, parseQueryString(this.rawUrl.split('?', 2)[1] ?? ''))
  }
  get userAgent(): string {
    return this.#message.headers['user-agent'] ?? ''
  }
  get signal(): AbortSignal {
    return (this.#signal ??= this.#signals.signalFor(this.#response))
  }
  bodyStream(maxBytes: number): AsyncIterable<Buffer> {
    return limitedBody(this.#message, maxBytes)
  }
}

async function* limitedBody(message: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  checkAnnouncedLength(message, maxBytes)
  let total = 0
  try {
    // `destroyOnReturn: false`: refusing a body must leave the connection usable for the answer.
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      const buffer = chunk as Buffer // no encoding is set on the message
      total += buffer.length
      if (total > maxBytes) throw tooLarge(`The request body is larger than ${maxBytes} bytes`)
      yield buffer
    }
  } finally {
    // What is left of a body nobody reads on is thrown away: a client that is still sending would not see the answer.
    message.resume()
  }
}

/** Throws 413 when `Content-Length` announces more than `maxBytes`. */
export function checkAnnouncedLength(message: IncomingMessage, maxBytes: number): void {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes)
    throw tooLarge(`The request body is larger than ${maxBytes} bytes`)
}

/**
 * The caller's address. Behind a proxy it is the last entry of `X-Forwarded-For`, the one our own proxy wrote:
 * what stands before it came from the client and could be anything.
 */
export function callerAddress(message: IncomingMessage, behindProxy: boolean): string {
  if (behindProxy) {
    const header = message.headers['x-forwarded-for']
    const entries = Array.isArray(header) ? header.join(',') : header
    const last = entries?.split(',').at(-1)?.trim()
    if (last) return last
  }
  const address = message.socket.remoteAddress ?? ''
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address // IPv4 on a dual-stack socket
}
