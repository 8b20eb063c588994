import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Response as InjectedResponse, InjectOptions } from 'light-my-request'
import { plainText } from './answer.ts'
import { type Arrival, createDispatch, type DispatchDeps } from './dispatch.ts'
import {
  closeListener,
  createListener,
  type ListenAddress,
  type ListenerLimits,
  listen,
} from './listeners.ts'
import { LiveSignals } from './request.ts'
import { type Route, route } from './route.ts'

export interface HttpServerOptions extends DispatchDeps {
  routes: readonly Route[]
  limits: ListenerLimits
}

export interface HttpServer {
  /** For tests: asks without a socket. */
  readonly app: { inject(request: InjectOptions): Promise<InjectedResponse> }
  /** Listens on one more address; resolves with its URL. Rejects with Node's error when it cannot. */
  listen(address: ListenAddress): Promise<string>
  /** Stops accepting, wakes long polls by their signal, lets answers out, and has cut everything after 5 s. */
  close(): Promise<void>
}

const CLOSE_GRACE_MS = 5_000
const FROM_INSIDE = { behindProxy: false, servesClients: true, servesFederation: true }

/** For load balancers: the process answers. */
const health = route({ method: 'GET', path: '/health', auth: 'none', handler: () => plainText('OK') })

/** Builds the HTTP side of the server from its routes. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const signals = new LiveSignals()
  const dispatch = createDispatch([health, ...options.routes], options, signals)
  // The address a connection came in at; `inject` has none, and may do everything.
  const arrivals = new WeakMap<Socket, Arrival>()
  const servers: Server[] = []
  let requestCount = 0
  let isClosing = false

  const answer = (message: IncomingMessage, response: ServerResponse) => {
    if (isClosing) response.setHeader('connection', 'close')
    const arrival = arrivals.get(message.socket) ?? FROM_INSIDE
    dispatch(message, response, { number: ++requestCount, arrival })
  }

  return {
    app: {
      async inject(request) {
        const { inject } = await import('light-my-request')
        return inject(
          (message, response) => answer(message as IncomingMessage, response as ServerResponse),
          request,
        )
      },
    },
    async listen(address) {
      const arrival = {
        behindProxy: address.xForwarded,
        servesClients: address.servesClients ?? true,
        servesFederation: address.servesFederation ?? true,
      }
      const server = createListener({
        handle: answer,
        onConnection: (socket) => arrivals.set(socket, arrival),
        limits: options.limits,
        tls: address.tls,
      })
      const { address: host, family, port } = await listen(server, address)
      servers.push(server)
      return `${address.tls === undefined ? 'http' : 'https'}://${reachableHost(host, family)}:${port}`
    },
    async close() {
      isClosing = true
      const closed = servers.map((server) => closeListener(server, CLOSE_GRACE_MS))
      signals.abortAll()
      await Promise.all(closed)
    },
  }
}

/** As one writes an address in a URL. "All addresses" is none to ask: the machine's own stands for it. */
function reachableHost(host: string, family: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return family === 'IPv6' ? `[${host}]` : host
}
