import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { errorAnswer } from './failure.ts'

/** One address to listen on. */
export interface ListenAddress {
  host: string
  /** 0: any free port. */
  port: number
  /** Take the caller's address from `X-Forwarded-For`. */
  xForwarded: boolean
  /** The client, media and admin APIs are served here. Default: yes. */
  servesClients?: boolean
  /** The federation and key APIs are served here. Default: yes. */
  servesFederation?: boolean
  /** `::` without IPv4. Default: no. */
  ipv6Only?: boolean
  /** Speaks HTTPS with this certificate. Default: plain HTTP. */
  tls?: TlsIdentity | undefined
}

/** A certificate with its chain, and its private key; both PEM. */
export interface TlsIdentity {
  certificate: string
  privateKey: string
}

export interface ListenerLimits {
  /** Connections open at once on one address. More are closed as they come. */
  maxConnections: number
}

// Someone who sends slower than this is not a client on a bad line but someone holding connections open.
const HEADERS_TIMEOUT_MS = 20_000
const REQUEST_TIMEOUT_MS = 300_000 // the largest upload over a slow mobile line
const CONNECTIONS_CHECK_MS = 5_000
const KEEP_ALIVE_MS = 75_000 // longer than the usual proxy keeps its side, so that it is the one to close
// Longer than any long poll. Cuts what has slipped through the others, such as unread pipelined answers.
const SILENT_CONNECTION_MS = 15 * 60_000
const MAX_HEADER_BYTES = 16 * 1024

/** A Node server with our limits. `handle` answers; `onConnection` sees each new connection first. */
export function createListener(options: {
  handle: (message: IncomingMessage, response: ServerResponse) => void
  onConnection: (socket: Socket) => void
  limits: ListenerLimits
  tls?: TlsIdentity | undefined
}): Server {
  const { tls } = options
  const http = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
    // Of a request without a body no stream is read to its end: that took a tenth of the time of most requests.
    optimizeEmptyRequests: true,
  }
  const handle = inTurn(options.handle)
  const server: Server =
    tls === undefined
      ? createServer(http, handle)
      : createTlsServer(
          { ...http, handshakeTimeout: HEADERS_TIMEOUT_MS, cert: tls.certificate, key: tls.privateKey },
          handle,
        )
  server.setTimeout(SILENT_CONNECTION_MS)
  server.maxConnections = options.limits.maxConnections
  // Requests come with the socket that has decrypted them, not with the one below it.
  server.on(tls === undefined ? 'connection' : 'secureConnection', options.onConnection)
  server.on('clientError', answerClientError)
  return server
}

/** No client we know of sends a request before it has the answer to the last. */
const MAX_WAITING_REQUESTS = 100

/**
 * Requests on one connection are answered one after another. Node would begin all that have been sent at once, and
 * hold what they came to in memory until the client has read the answers before: as much as anyone likes to ask for.
 */
function inTurn(
  handle: (message: IncomingMessage, response: ServerResponse) => void,
): (message: IncomingMessage, response: ServerResponse) => void {
  const lines = new WeakMap<Socket, Line>()
  const begin = (line: Line, message: IncomingMessage, response: ServerResponse) => {
    line.isBusy = true
    response.once('close', () => {
      if (message.socket.destroyed) line.waiting = []
      const next = line.waiting.shift()
      if (next === undefined) line.isBusy = false
      else begin(line, ...next)
    })
    handle(message, response)
  }
  return (message, response) => {
    let line = lines.get(message.socket)
    if (line === undefined) lines.set(message.socket, (line = { isBusy: false, waiting: [] }))
    if (!line.isBusy) begin(line, message, response)
    else if (line.waiting.length < MAX_WAITING_REQUESTS) line.waiting.push([message, response])
    else message.socket.destroy()
  }
}

/** The requests of one connection. */
interface Line {
  isBusy: boolean
  waiting: [IncomingMessage, ServerResponse][]
}

/** What Node's parser refuses never becomes a request; it is answered on the bare socket. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const isParsers = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || error.code?.startsWith('HPE_') === true
  if (!isParsers || !socket.writable || socket.bytesWritten > 0) {
    // Nobody there, no TLS between us, or an answer is on its way already: bytes between would be taken for a part of it.
    socket.destroy()
    return
  }
  const { status, line, message } = describeParserError(error.code)
  const body = errorAnswer(status, 'M_UNKNOWN', message).body as string // errors are always text
  socket.end(
    `HTTP/1.1 ${status} ${line}\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n` +
      `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function describeParserError(code: string | undefined): { status: number; line: string; message: string } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, line: 'Request Timeout', message: 'The request took too long to arrive' }
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        line: 'Request Header Fields Too Large',
        message: 'The request headers are too large',
      }
    default:
      return { status: 400, line: 'Bad Request', message: 'The request is not valid HTTP' }
  }
}

/** Starts listening. Rejects with Node's error, whose `code` says why (`EADDRINUSE`, `EACCES`). */
export function listen(server: Server, address: ListenAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const { host, port, ipv6Only = false } = address
    server.listen({ host, port, ipv6Only }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo) // not a pipe: a host and a port were given
    })
  })
}

/**
 * Stops: takes no more connections, closes idle ones, waits for answers on their way, and cuts what is left after
 * `graceMs`.
 */
export function closeListener(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    // A kept-alive connection becomes idle when its answer is out, and would then stay open for its whole time.
    const closeIdle = setInterval(() => server.closeIdleConnections(), 20)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(closeIdle)
      resolve()
    })
    server.closeIdleConnections()
  })
}
