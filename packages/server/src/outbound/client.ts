import { type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Clock } from '../clock.ts'
import { AddressPolicy, type AddressRanges } from './address-policy.ts'
import { OriginSlots } from './origin-slots.ts'
import { OutboundError } from './outbound-error.ts'

export interface OutboundRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array
  /** From the moment the request's turn has come to the last byte of the answer, redirects included. */
  timeoutMs: number
  maxResponseBytes: number
  /** How many redirects of a GET or HEAD are followed. Default 0: the redirect itself is the answer. */
  maxRedirects?: number
  /** The other side does not mind hearing it twice: sent again when an idle connection turns out to be closed. */
  repeatable?: boolean
  signal?: AbortSignal
}

export interface OutboundResponse {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** Where the answer came from, after redirects. */
  url: string
}

/** What asks `dns.lookup` for every address of a name. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void

export interface OutboundOptions {
  clock: Clock
  addresses: AddressRanges
  userAgent: string
  /** Requests to one origin at once; more wait. Default 32. */
  perOrigin?: number
  /** Certificate authorities in PEM, instead of the well-known ones. */
  ca?: string
  /** Default: the system's resolver. */
  lookup?: LookupAll
}

const IDLE_CONNECTION_MS = 30_000
const PER_ORIGIN = 32

/**
 * Sends the requests that others make this server send: push gateways, previews, identity servers. It connects only to
 * addresses it may: the name is resolved once, and a connection is made to an address that was checked, so a name
 * cannot change its meaning in between. Literal addresses and the targets of redirects pass the same check.
 */
export class OutboundClient implements AsyncDisposable {
  readonly #options: OutboundOptions
  readonly #policy: AddressPolicy
  readonly #slots: OriginSlots
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
  readonly #lookup: LookupFunction

  constructor(options: OutboundOptions) {
    this.#options = options
    this.#policy = new AddressPolicy(options.addresses)
    this.#slots = new OriginSlots(options.perOrigin ?? PER_ORIGIN)
    const agent = { keepAlive: true, timeout: IDLE_CONNECTION_MS }
    this.#http = new HttpAgent(agent)
    this.#https = new HttpsAgent({ ...agent, ...(options.ca !== undefined && { ca: options.ca }) })
    this.#lookup = guardedLookup(this.#policy, options.lookup ?? systemLookup)
  }

  /** The answer, whatever its status. Throws {@link OutboundError}. */
  async request(request: OutboundRequest): Promise<OutboundResponse> {
    const url = parseUrl(request.url)
    return this.#slots.run(url.origin, () => this.#withTimeout(request, url))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #withTimeout(request: OutboundRequest, url: URL): Promise<OutboundResponse> {
    const { signal, timeoutMs } = request
    const controller = new AbortController()
    const giveUp = () => controller.abort(new OutboundError('aborted', 'the request was given up'))
    if (signal?.aborted) giveUp()
    signal?.addEventListener('abort', giveUp, { once: true })
    const timer = this.#options.clock.setTimeout(
      () => controller.abort(new OutboundError('timeout', `${url.origin} did not answer in ${timeoutMs} ms`)),
      timeoutMs,
    )
    try {
      return await this.#follow(request, url, controller.signal)
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason
      if (error instanceof OutboundError) throw error
      throw new OutboundError('network', `${url.origin} could not be reached`, { cause: error })
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  async #follow(request: OutboundRequest, start: URL, signal: AbortSignal): Promise<OutboundResponse> {
    const { maxRedirects = 0, method } = request
    let url = start
    for (let redirects = 0; ; redirects++) {
      const response = await this.#exchange(request, url, signal)
      const { location } = response.headers
      const isRedirect = REDIRECTS.has(response.status) && location !== undefined
      if (!isRedirect || maxRedirects === 0 || (method !== 'GET' && method !== 'HEAD')) return response
      if (redirects === maxRedirects)
        throw new OutboundError(
          'too-many-redirects',
          `${start.origin} redirects more than ${maxRedirects} times`,
        )
      const next = parseUrl(location, url)
      if (next.origin !== url.origin) request = withoutSecrets(request)
      url = next
    }
  }

  async #exchange(request: OutboundRequest, url: URL, signal: AbortSignal): Promise<OutboundResponse> {
    signal.throwIfAborted()
    checkLiteral(this.#policy, url)
    const first = await this.#send(request, url, signal)
    const message = first ?? (await this.#send({ ...request, repeatable: false }, url, signal))
    if (message === undefined) throw new OutboundError('network', `${url.origin} closed the connection`)
    const body = await readLimited(message, request.maxResponseBytes)
    return { status: message.statusCode ?? 0, headers: message.headers, body, url: url.href }
  }

  /** The answer's head; `undefined` when the idle connection that was used is closed and the request may be repeated. */
  #send(request: OutboundRequest, url: URL, signal: AbortSignal): Promise<IncomingMessage | undefined> {
    const isSecure = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const sent = (isSecure ? httpsRequest : httpRequest)(url, {
        method: request.method,
        agent: isSecure ? this.#https : this.#http,
        lookup: this.#lookup,
        signal,
        headers: { 'user-agent': this.#options.userAgent, ...request.headers },
      })
      sent.once('response', resolve)
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const wasIdle = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        if (wasIdle && request.repeatable) resolve(undefined)
        else reject(error)
      })
      sent.end(request.body)
    })
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new OutboundError('bad-url', 'not an http or https URL')
  return url
}

/** Node does not look up what is an address already, so the lookup would never see it. */
function checkLiteral(policy: AddressPolicy, { hostname }: URL): void {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (isIP(address) !== 0 && !policy.allows(address)) throw blocked(hostname)
}

const blocked = (hostname: string) =>
  new OutboundError('blocked', `${hostname} has no address this server may connect to`)

/** Resolves a name to those of its addresses that may be connected to. */
function guardedLookup(policy: AddressPolicy, lookup: LookupAll): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const addresses = found.filter(({ address }) => policy.allows(address))
      const [first] = addresses
      if (first === undefined) callback(blocked(hostname), '')
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

async function readLimited(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = Number(message.headers['content-length'] ?? 0)
  const tooLarge = () => {
    message.destroy()
    return new OutboundError('too-large', `the answer is larger than ${maxBytes} bytes`)
  }
  if (total > maxBytes) throw tooLarge()
  total = 0
  for await (const chunk of message) {
    const buffer = chunk as Buffer // no encoding is set on the message
    total += buffer.length
    if (total > maxBytes) throw tooLarge()
    chunks.push(buffer)
  }
  return Buffer.concat(chunks)
}

/** What proves who we are is for the server that was asked, not for the one it points to. */
function withoutSecrets(request: OutboundRequest): OutboundRequest {
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => !['authorization', 'cookie'].includes(name.toLowerCase()),
  )
  return { ...request, headers: Object.fromEntries(headers) }
}
