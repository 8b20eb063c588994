import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import type { Static, TSchema } from '@ranvier/admin-api/schema'
import type { Errcode } from '../errors.ts'
import type { RateLimitKey } from '../rate-limit.ts'
import type { Requester } from '../requester.ts'
import type { HttpAnswer } from './answer.ts'
import type { Query } from './query.ts'
import type { HttpRequest } from './request.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

/**
 * Who may call a route.
 *
 * - `user`: an access token, not of a guest
 * - `guest-ok`: an access token, also of a guest
 * - `optional`: a token may come; a wrong one is refused, none is no requester
 * - `none`: tokens are not looked at
 * - `admin`: an access token of a server administrator, asked anew on every request
 *
 * "Myself or an administrator" is `user`; the handler decides.
 */
export type Auth = 'user' | 'guest-ok' | 'optional' | 'none' | 'admin'

type RequesterOf<A extends Auth> = A extends 'none'
  ? null
  : A extends 'optional'
    ? Requester | null
    : Requester

/** The names after `:` in a path. */
type ParamNames<P extends string> = P extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamNames<`/${Tail}`>
    : Rest
  : never

/** Turns a percent-decoded path segment into what the handler wants, or throws a `MatrixError`. */
type ParamParsers = { readonly [name: string]: (raw: string) => unknown }

type ParamsOf<Path extends string, Parsers extends ParamParsers> = {
  readonly [N in ParamNames<Path>]: N extends keyof Parsers ? ReturnType<Parsers[N]> : string
}

/** What a handler is given. Everything in it has been checked by the route. */
export interface RouteContext<R = Requester | null, P = unknown, Q = unknown, B = unknown> {
  readonly requester: R
  /** The path's parameters: percent-decoded, then through the route's own `params` parsers. */
  readonly params: P
  /** What the route's `query` function returned; the plain {@link Query} without one. */
  readonly query: Q
  /** The parsed body; `undefined` for a route without `body`. */
  readonly body: B
  readonly request: HttpRequest
}

/** An object is sent as 200 JSON, `undefined` as `{}`. */
export type HandlerResult = object | HttpAnswer | undefined

/** A route as the server runs it: plain data. Built by {@link route}, {@link clientRoute}, {@link adminRoute}. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly operationId: OperationId | undefined
  readonly aliases: readonly string[]
  readonly auth: Auth
  readonly allowLocked: boolean
  readonly allowExpired: boolean
  readonly params: ParamParsers
  readonly paramsFirst: boolean
  readonly query: ((query: Query) => unknown) | undefined
  readonly body: TSchema | undefined
  readonly emptyBody: boolean
  readonly missingErrcode: Errcode
  readonly badTypeErrcode: Errcode
  readonly maxBodyBytes: number | undefined
  readonly rateLimitByIp: RateLimitKey | undefined
  readonly adminEffect: boolean
  handler(ctx: RouteContext): HandlerResult | Promise<HandlerResult>
}

export interface RouteOptions<
  Path extends string,
  A extends Auth,
  Parsers extends ParamParsers,
  Q,
  Body extends TSchema | undefined,
> {
  method: Method
  /** `:name` is one segment, matched raw (it may be empty or hold `%2F`) and percent-decoded once. */
  path: Path
  /** What describes the route in the OpenAPI document. Every route of the admin API has one: a test compares them. */
  operationId?: OperationId
  /** Further paths that answer the same. They must have the same parameters. */
  aliases?: readonly string[]
  auth: A
  /** Lets locked accounts in. Spec: CS API §Account locking: they may still log out. */
  allowLocked?: boolean
  /** Lets accounts in that have expired: they may log out, and see to being renewed. Synapse: account_validity. */
  allowExpired?: boolean
  /** Parsers for path parameters, run after authentication and before the query. Default: the string. */
  params?: Parsers
  /** The path is parsed before the token is looked at: who has none may be told that the path is wrong. */
  paramsFirst?: boolean
  /** Reads the query with the functions of `query.ts`; runs before the body is read. */
  query?: (query: Query) => Q
  /** An object schema. Without it the body is not read, and stays available as `request.bodyStream()`. */
  body?: Body
  /** No body at all counts as `{}`. Default: 400 `M_NOT_JSON`. */
  emptyBody?: boolean
  /** Instead of `M_MISSING_PARAM`, when exactly one required member is missing. */
  missingErrcode?: Errcode
  /** Instead of `M_BAD_JSON`, when a member has the wrong type. */
  badTypeErrcode?: Errcode
  /** Overrides the configured limit of a JSON body. */
  maxBodyBytes?: number
  /** A limit counted by the caller's IP address, before anything else is looked at. */
  rateLimitByIp?: RateLimitKey
  /** Administrators may do more here than others. What they do so is in the audit log: see `tx.audit.asAdmin`. */
  adminEffect?: boolean
  handler(
    ctx: RouteContext<
      RequesterOf<A>,
      ParamsOf<Path, Parsers>,
      Q,
      Body extends TSchema ? Static<Body> : undefined
    >,
  ): HandlerResult | Promise<HandlerResult>
}

// No parsers: every parameter is a string.
type NoParsers = Record<never, never>

/** Describes a route. Checks run in this order: token, lock and guest, admin flag, path, query, body. */
export function route<
  const Path extends string,
  const A extends Auth,
  Parsers extends ParamParsers = NoParsers,
  Q = Query,
  Body extends TSchema | undefined = undefined,
>(options: RouteOptions<Path, A, Parsers, Q, Body>): Route {
  return {
    method: options.method,
    path: options.path,
    operationId: options.operationId,
    aliases: options.aliases ?? [],
    auth: options.auth,
    allowLocked: options.allowLocked ?? false,
    allowExpired: options.allowExpired ?? false,
    params: options.params ?? {},
    paramsFirst: options.paramsFirst ?? false,
    query: options.query,
    body: options.body,
    emptyBody: options.emptyBody ?? false,
    missingErrcode: options.missingErrcode ?? 'M_MISSING_PARAM',
    badTypeErrcode: options.badTypeErrcode ?? 'M_BAD_JSON',
    maxBodyBytes: options.maxBodyBytes,
    rateLimitByIp: options.rateLimitByIp,
    adminEffect: options.adminEffect ?? false,
    // The server fills the context from this very description, so it is the one the handler declares.
    handler: options.handler as Route['handler'],
  }
}

/**
 * A route of the client-server API. A `v3` path answers under the older prefixes as well, which clients still
 * call: `r0` and `unstable`, and `r0` and `v1` for media.
 */
export function clientRoute<
  const Path extends string,
  const A extends Auth,
  Parsers extends ParamParsers = NoParsers,
  Q = Query,
  Body extends TSchema | undefined = undefined,
>(options: RouteOptions<Path, A, Parsers, Q, Body>): Route {
  const paths = [options.path, ...(options.aliases ?? [])]
  const aliases = paths.flatMap((path) => [path, ...olderPaths(path)]).slice(1)
  return route({ ...options, aliases: [...new Set(aliases)] })
}

const V3 = '/_matrix/client/v3/'
const MEDIA_V3 = '/_matrix/media/v3/'

function olderPaths(path: string): string[] {
  if (path.startsWith(V3)) {
    const rest = path.slice(V3.length)
    return [`/_matrix/client/r0/${rest}`, `/_matrix/client/unstable/${rest}`]
  }
  if (path.startsWith(MEDIA_V3)) {
    const rest = path.slice(MEDIA_V3.length)
    return [`/_matrix/media/r0/${rest}`, `/_matrix/media/v1/${rest}`]
  }
  return []
}

/** A route of the admin API: server administrators only, unless `auth` says otherwise. */
export function adminRoute<
  const Path extends string,
  Parsers extends ParamParsers = NoParsers,
  Q = Query,
  Body extends TSchema | undefined = undefined,
>(options: Omit<RouteOptions<Path, 'admin', Parsers, Q, Body>, 'auth'>): Route {
  return route<Path, 'admin', Parsers, Q, Body>({ ...options, auth: 'admin' })
}
