import type { IncomingMessage } from 'node:http'
import { parse as parseQueryString } from 'node:querystring'
import { ownText } from '@ranvier/protocol/own-text'
import { type GiveWay, runAction } from '@ranvier/storage'
import { invalidParam } from '../errors.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import { actionOf } from './admin-action.ts'
import type { AdminCheck } from './admin-check.ts'
import { readJsonObject } from './body.ts'
import { checkTarget, findRequester, type RequesterDeps } from './find-requester.ts'
import type { Query } from './query.ts'
import type { IncomingRequest } from './request.ts'
import type { HandlerResult, Route } from './route.ts'
import type { BoundRoute, RouteMatch } from './route-table.ts'
import { checkSchema } from './validate.ts'

export interface CallDeps extends RequesterDeps {
  admins: AdminCheck
  rateLimits: RateLimits
  /** Lists of administrators wait for it before they are read, and before they are written out. */
  giveWay?: GiveWay | undefined
  /** Largest JSON body of a route that needs a token, bytes. */
  maxBodyBytes: number
  /** The same for routes anyone may call. */
  maxAnonymousBodyBytes: number
}

/** A route that was found by its path, with what stood there. */
export interface BoundRouteAndValues extends BoundRoute {
  readonly values: RouteMatch['values']
  readonly isMalformed: boolean
}

const NO_QUERY: Query = Object.freeze({})

/**
 * Checks what a request has to be for its route, in the order told at `createDispatch`, and calls the handler. Throws, or
 * rejects, with what was wrong.
 */
export function callRoute(
  deps: CallDeps,
  bound: BoundRouteAndValues,
  { message, request, query: text }: { message: IncomingMessage; request: IncomingRequest; query: string },
): HandlerResult | Promise<HandlerResult> {
  const { route } = bound
  if (route.rateLimitByIp !== undefined) deps.rateLimits.check(route.rateLimitByIp, request.ip)
  const query: Query = text === '' ? NO_QUERY : parseQueryString(text)
  if (route.paramsFirst) parseParams(bound)
  const requester = route.auth === 'none' ? null : findRequester(deps, route, { message, request, query })
  return requester instanceof Promise
    ? requester.then((found) => callFor(deps, bound, { requester: found, message, request, query }))
    : callFor(deps, bound, { requester, message, request, query })
}

/** Calls the route for who asks, if it is for them. */
function callFor(
  deps: CallDeps,
  bound: BoundRouteAndValues,
  asked: Call,
): HandlerResult | Promise<HandlerResult> {
  const { route } = bound
  const { requester } = asked
  const call = () => callAs(deps, bound, asked)
  const mustBeAdmin = route.auth === 'admin' && requester?.adminToken === undefined
  if (!mustBeAdmin) return inTurn(deps, route, call)
  const { userId } = requester!
  if (deps.admins.isAdminStill(userId)) return inTurn(deps, route, call)
  if (route.method === 'GET' && deps.admins.wasAdmin(userId))
    return inTurn(deps, route, () => deps.admins.readMeanwhile(userId, call))
  return deps.admins.check(userId).then(() => inTurn(deps, route, call))
}

type CallHandler = () => HandlerResult | Promise<HandlerResult>

function inTurn(
  { giveWay }: CallDeps,
  route: Route,
  call: CallHandler,
): HandlerResult | Promise<HandlerResult> {
  return giveWay === undefined || !readsMany(route) ? call() : givingWay(giveWay, call)
}

/** Lists give way before they are read and before they are written out: the text of a page is a piece of its own. */
async function givingWay(giveWay: GiveWay, call: CallHandler): Promise<HandlerResult> {
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

function callAs(
  deps: CallDeps,
  bound: BoundRouteAndValues,
  asked: Call,
): HandlerResult | Promise<HandlerResult> {
  const { route } = bound
  const params = parseParams(bound)
  if (asked.requester?.adminToken !== undefined)
    return checkTarget(deps, route, asked.requester, params).then(() =>
      readAndCall(deps, route, params, asked),
    )
  return readAndCall(deps, route, params, asked)
}

/** Reads what else there is to read, and calls the handler. */
function readAndCall(
  deps: CallDeps,
  route: Route,
  params: Record<string, unknown>,
  asked: Call,
): HandlerResult | Promise<HandlerResult> {
  const query = route.query === undefined ? asked.query : route.query(asked.query)
  const callWith = (body: unknown) => {
    const { requester, request } = asked
    const context = { requester, params, query, body, request }
    const action = actionOf(route, requester, { params, body, request, nowMs: deps.clock.nowMs() })
    return action === undefined
      ? route.handler(context)
      : runAction<HandlerResult>(action, () => route.handler(context))
  }
  return route.body === undefined ? callWith(undefined) : readBody(deps, route, asked.message).then(callWith)
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

async function readBody(deps: CallDeps, route: Route, message: IncomingMessage): Promise<unknown> {
  const isAnonymous = route.auth === 'none' || route.auth === 'optional'
  const maxBytes = route.maxBodyBytes ?? (isAnonymous ? deps.maxAnonymousBodyBytes : deps.maxBodyBytes)
  // Scripts of administrators may write null for no body, as with Synapse.
  const nullAllowed = route.emptyBody && route.auth === 'admin'
  const body = await readJsonObject(message, { maxBytes, emptyAllowed: route.emptyBody, nullAllowed })
  if (route.body !== undefined)
    checkSchema(route.body, body, { missing: route.missingErrcode, badType: route.badTypeErrcode })
  return body
}
