import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse as parseQueryString } from 'node:querystring'
import { ownText } from '@ranvier/protocol/own-text'
import { type GiveWay, runAction } from '@ranvier/storage'
import { invalidParam, MatrixError, methodNotAllowed, unrecognized } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import { actionOf } from './admin-action.ts'
import { AdminCheck } from './admin-check.ts'
import { ClientGoneError, readJsonObject } from './body.ts'
import { failureOf } from './failure.ts'
import { checkTarget, findRequester, type RequesterDeps } from './find-requester.ts'
import type { Query } from './query.ts'
import { callerAddress, IncomingRequest, type LiveSignals } from './request.ts'
import type { HandlerResult, Route } from './route.ts'
import { type BoundRoute, type RouteMatch, RouteTable } from './route-table.ts'
import { send, sendPreflight } from './send.ts'
import { checkSchema } from './validate.ts'

export interface DispatchDeps extends RequesterDeps {
  log: Logger
  rateLimits: RateLimits
  /** What a power cut could still undo of what handlers have read: answers wait for it. `undefined`: nothing. */
  unflushed?: (() => Promise<void> | undefined) | undefined
  /** Lists of administrators wait for it before they are read, and before they are written out. */
  giveWay?: GiveWay | undefined
  /** Largest JSON body of a route that needs a token, bytes. */
  maxBodyBytes: number
  /** The same for routes anyone may call. */
  maxAnonymousBodyBytes: number
}

/** How a request reached us. */
export interface Arrival {
  id: string
  /** The listener trusts `X-Forwarded-For`. */
  behindProxy: boolean
  servesClients: boolean
  servesFederation: boolean
}

interface DispatchParts extends DispatchDeps {
  admins: AdminCheck
}

export type Dispatch = (message: IncomingMessage, response: ServerResponse, arrival: Arrival) => Promise<void>

const NO_QUERY: Query = Object.freeze({})

/**
 * Answers requests from a list of routes. The order of checks is Synapse's: route, token, lock and guest, admin flag,
 * path, query, body. So someone who may not call a route learns nothing about his mistakes in calling it, and
 * nobody makes us read a body before we know him. Never rejects.
 */
export function createDispatch(
  routes: readonly Route[],
  given: DispatchDeps,
  signals: LiveSignals,
): Dispatch {
  const table = new RouteTable(routes)
  const deps: DispatchParts = { ...given, admins: new AdminCheck(given.isAdmin) }

  return async function dispatch(message, response, arrival) {
    const logsAccess = deps.log.isLevelEnabled('debug')
    const startedMs = logsAccess ? performance.now() : 0
    const request = new IncomingRequest({
      id: arrival.id,
      ip: callerAddress(message, arrival.behindProxy),
      message,
      response,
      signals,
    })
    const { path, query } = splitUrl(message.url ?? '/')
    try {
      deps.clock.refresh()
      if (message.method === 'OPTIONS') {
        sendPreflight(response)
        return
      }
      const match = table.find(path)
      if (match === undefined || !isServedAt(match, arrival)) throw unrecognized()
      const route = routeFor(match, message.method ?? 'GET', response)
      const answer = await whenFlushed(deps, callRoute(deps, route, { message, request, query }))
      send(response, answer, (error) =>
        deps.log.error(
          { requestId: request.id, method: message.method, path, err: error },
          'answer broke off',
        ),
      )
    } catch (error) {
      fail(error, response, request, path)
    } finally {
      if (logsAccess) {
        const durationMs = Math.round((performance.now() - startedMs) * 10) / 10
        const { id, method, ip, requester } = request
        // Who did it, and in whose name.
        const by = { userId: requester?.userId, puppetedBy: requester?.puppetedBy ?? undefined }
        deps.log.debug(
          { requestId: id, method, path, status: response.statusCode, ip, durationMs, ...by },
          'request',
        )
      }
    }
  }

  function fail(error: unknown, response: ServerResponse, request: IncomingRequest, path: string): void {
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
async function whenFlushed<T>({ unflushed }: DispatchDeps, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } finally {
    const flush = unflushed?.()
    if (flush !== undefined) await flush
  }
}

interface BoundRouteAndValues extends BoundRoute {
  readonly values: RouteMatch['values']
  readonly isMalformed: boolean
}

function routeFor(match: RouteMatch, method: string, response: ServerResponse): BoundRouteAndValues {
  const bound = match.methods.get(method === 'HEAD' ? 'GET' : method)
  if (bound === undefined) {
    response.setHeader('allow', [...match.methods.keys(), 'OPTIONS'].join(', '))
    throw methodNotAllowed()
  }
  return { ...bound, values: match.values, isMalformed: match.isMalformed }
}

async function callRoute(
  deps: DispatchParts,
  bound: BoundRouteAndValues,
  { message, request, query: text }: { message: IncomingMessage; request: IncomingRequest; query: string },
): Promise<HandlerResult> {
  const { route } = bound
  if (route.rateLimitByIp !== undefined) deps.rateLimits.check(route.rateLimitByIp, request.ip)
  const query: Query = text === '' ? NO_QUERY : parseQueryString(text)
  if (route.paramsFirst) parseParams(bound)
  const requester =
    route.auth === 'none' ? null : await findRequester(deps, route, { message, request, query })
  const call = () => callAs(deps, bound, { requester, message, request, query })
  const mustBeAdmin = route.auth === 'admin' && requester?.adminToken === undefined
  if (!mustBeAdmin) return inTurn(deps, route, call)
  const { userId } = requester!
  if (route.method === 'GET' && deps.admins.wasAdmin(userId))
    return inTurn(deps, route, () => deps.admins.readMeanwhile(userId, call))
  await deps.admins.check(userId)
  return inTurn(deps, route, call)
}

function inTurn(
  { giveWay }: DispatchDeps,
  route: Route,
  call: () => Promise<HandlerResult>,
): Promise<HandlerResult> {
  return giveWay === undefined || !readsMany(route) ? call() : givingWay(giveWay, call)
}

/** Lists give way before they are read and before they are written out: the text of a page is a piece of its own. */
async function givingWay(giveWay: GiveWay, call: () => Promise<HandlerResult>): Promise<HandlerResult> {
  await giveWay()
  const result = await call()
  await giveWay()
  return result
}

interface Call {
  requester: Requester | null
  message: IncomingMessage
  request: IncomingRequest
  query: Query
}

async function callAs(
  deps: DispatchDeps,
  bound: BoundRouteAndValues,
  { requester, message, request, query }: Call,
): Promise<HandlerResult> {
  const { route } = bound
  const params = parseParams(bound)
  if (requester?.adminToken !== undefined) await checkTarget(deps, route, requester, params)
  const parsedQuery = route.query === undefined ? query : route.query(query)
  const body = route.body === undefined ? undefined : await readBody(deps, route, message)
  const context = { requester, params, query: parsedQuery, body, request }
  const action = actionOf(route, requester, { params, body, request, nowMs: deps.clock.nowMs() })
  return action === undefined ? route.handler(context) : runAction(action, () => route.handler(context))
}

/** Lists of administrators: what has a filter, an order or a page to ask for. */
function readsMany({ auth, method, query }: Route): boolean {
  return auth === 'admin' && method === 'GET' && query !== undefined
}

/** 400 `M_INVALID_PARAM` for a path that is not percent-encoded UTF-8, and what the route's own parsers throw. */
function parseParams({
  route,
  names,
  places,
  values,
  isMalformed,
}: BoundRouteAndValues): Record<string, unknown> {
  if (isMalformed) throw invalidParam('The path is not valid percent-encoded UTF-8')
  const params: Record<string, unknown> = {}
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const place = places?.[i] ?? i
    const raw = typeof place === 'string' ? place : ownText(values[`p${place}`] ?? '')
    const parse = route.params[name]
    params[name] = parse === undefined ? raw : parse(raw)
  }
  return params
}

async function readBody(deps: DispatchDeps, route: Route, message: IncomingMessage): Promise<unknown> {
  const isAnonymous = route.auth === 'none' || route.auth === 'optional'
  const maxBytes = route.maxBodyBytes ?? (isAnonymous ? deps.maxAnonymousBodyBytes : deps.maxBodyBytes)
  // Scripts of administrators may write null for no body, as with Synapse.
  const nullAllowed = route.emptyBody && route.auth === 'admin'
  const body = await readJsonObject(message, { maxBytes, emptyAllowed: route.emptyBody, nullAllowed })
  if (route.body !== undefined)
    checkSchema(route.body, body, { missing: route.missingErrcode, badType: route.badTypeErrcode })
  return body
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError' && !(error instanceof MatrixError)
}
