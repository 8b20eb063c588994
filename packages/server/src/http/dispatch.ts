import type { IncomingMessage, ServerResponse } from 'node:http'
import { MatrixError, methodNotAllowed, unrecognized } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { AdminCheck } from './admin-check.ts'
import { ClientGoneError } from './body.ts'
import { type BoundRouteAndValues, type CallDeps, callRoute } from './call-route.ts'
import { failureOf } from './failure.ts'
import { callerAddress, IncomingRequest, type LiveSignals } from './request.ts'
import type { HandlerResult, Route } from './route.ts'
import { type RouteMatch, RouteTable } from './route-table.ts'
import { send, sendPreflight } from './send.ts'

export interface DispatchDeps extends Omit<CallDeps, 'admins'> {
  log: Logger
  /** What a power cut could still undo of what handlers have read: answers wait for it. `undefined`: nothing. */
  unflushed?: (() => Promise<void> | undefined) | undefined
  /** Moves when accounts may have changed, by whomever: see `Storage`. Without it each request asks who is an administrator. */
  accountsVersion?: (() => number | undefined) | undefined
}

/** How a request reached us. */
export interface Arrival {
  /** The listener trusts `X-Forwarded-For`. */
  behindProxy: boolean
  servesClients: boolean
  servesFederation: boolean
}

export type Dispatch = (
  message: IncomingMessage,
  response: ServerResponse,
  /** `number`: of the requests of this process. */
  at: { number: number; arrival: Arrival },
) => void

/** A request that is being answered. */
interface Exchange {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly request: IncomingRequest
  readonly path: string
  /** `undefined`: its end is not logged. */
  readonly startedMs: number | undefined
}

/**
 * Answers requests from a list of routes. The order of checks is Synapse's: route, token, lock and guest, admin flag,
 * path, query, body. So someone who may not call a route learns nothing about his mistakes in calling it, and
 * nobody makes us read a body before we know him.
 *
 * What is known at once is answered at once: a promise that need not be waited for costs as much as many a check.
 */
export function createDispatch(
  routes: readonly Route[],
  given: DispatchDeps,
  signals: LiveSignals,
): Dispatch {
  const table = new RouteTable(routes)
  const deps: DispatchDeps & CallDeps = {
    ...given,
    admins: new AdminCheck(given.isAdmin, given.accountsVersion),
  }

  return function dispatch(message, response, { number, arrival }) {
    const startedMs = deps.log.isLevelEnabled('debug') ? performance.now() : undefined
    const ip = callerAddress(message, arrival.behindProxy)
    const request = new IncomingRequest({ number, ip, message, response, signals })
    const { path, query } = splitUrl(message.url ?? '/')
    const exchange: Exchange = { message, response, request, path, startedMs }
    let answer: HandlerResult | Promise<HandlerResult>
    try {
      deps.clock.refresh()
      if (message.method === 'OPTIONS') {
        sendPreflight(response)
        logEnd(exchange)
        return
      }
      const match = table.find(path)
      if (match === undefined || !isServedAt(match, arrival)) throw unrecognized()
      const route = routeFor(match, message.method ?? 'GET', response)
      answer = callRoute(deps, route, { message, request, query })
    } catch (error) {
      answer = Promise.reject(error)
    }
    if (answer instanceof Promise || deps.unflushed?.() !== undefined) void replyLater(exchange, answer)
    else reply(exchange, answer)
  }

  async function replyLater(
    exchange: Exchange,
    answer: HandlerResult | Promise<HandlerResult>,
  ): Promise<void> {
    let result: HandlerResult
    try {
      result = await whenFlushed(deps, answer)
    } catch (error) {
      fail(error, exchange)
      logEnd(exchange)
      return
    }
    reply(exchange, result)
  }

  function reply(exchange: Exchange, result: HandlerResult): void {
    const { message, response, request, path } = exchange
    try {
      send(response, result, (error) =>
        deps.log.error(
          { requestId: request.id, method: message.method, path, err: error },
          'answer broke off',
        ),
      )
    } catch (error) {
      fail(error, exchange)
    }
    logEnd(exchange)
  }

  function logEnd({ message, response, request, path, startedMs }: Exchange): void {
    if (startedMs === undefined) return
    const durationMs = Math.round((performance.now() - startedMs) * 10) / 10
    const { id, ip, requester } = request
    // Who did it, and in whose name.
    const by = { userId: requester?.userId, puppetedBy: requester?.puppetedBy ?? undefined }
    deps.log.debug(
      {
        requestId: id,
        method: message.method,
        path,
        status: response.statusCode,
        ip,
        durationMs,
        ...by,
      },
      'request',
    )
  }

  function fail(error: unknown, { response, request, path }: Exchange): void {
    if (error instanceof ClientGoneError || response.destroyed) return
    const { answer, isUnexpected } = failureOf(error)
    if (isUnexpected) {
      // A handler that waited on the signal and was interrupted by it: nobody listens, or we are stopping.
      if (isAbort(error) && request.signal.aborted) {
        response.destroy()
        return
      }
      deps.log.error({ requestId: request.id, method: request.method, path, err: error }, 'request failed')
    }
    if (response.headersSent) response.destroy()
    else send(response, answer)
  }
}

function isServedAt(match: RouteMatch, arrival: Arrival): boolean {
  if (match.api === 'client') return arrival.servesClients
  return match.api === 'any' || arrival.servesFederation
}

/** Refusals tell of what was read as well: both wait. */
async function whenFlushed<T>({ unflushed }: DispatchDeps, answer: T | Promise<T>): Promise<T> {
  try {
    return await answer
  } finally {
    const flush = unflushed?.()
    if (flush !== undefined) await flush
  }
}

function routeFor(match: RouteMatch, method: string, response: ServerResponse): BoundRouteAndValues {
  const bound = match.methods.get(method === 'HEAD' ? 'GET' : method)
  if (bound === undefined) {
    response.setHeader('allow', [...match.methods.keys(), 'OPTIONS'].join(', '))
    throw methodNotAllowed()
  }
  return { ...bound, values: match.values, isMalformed: match.isMalformed }
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError' && !(error instanceof MatrixError)
}
