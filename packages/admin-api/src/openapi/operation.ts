import type { Area, Scope } from '../areas.ts'
import type { Static, TSchema } from '../schema.ts'
import type { QueryArguments, QueryParams } from './query-params.ts'

/** Status, errcode, and when it happens. */
export type ErrorRow = readonly [status: number, errcode: string, when: string]

/** One call of the admin API, as data: what the OpenAPI document and the typed client are made of. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** As the route has it: `/_synapse/admin/v2/users/:userId`. */
  readonly path: string
  /** Who may call it. `admin` unless given; `user`: whoever has a token, the rest is said in `errors`. */
  readonly auth?: 'user' | 'none'
  readonly tag: string
  /** What a scoped token must be allowed: to read it for a `GET`, else to change it. */
  readonly area: Area
  /** For what changes nothing although it is no `GET`. */
  readonly access?: 'read'
  /** One line. */
  readonly summary: string
  /** More, in CommonMark. */
  readonly description?: string
  /** What the parameters of the path mean, by name. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: QueryParams
  readonly body?: TSchema
  /** What a missing member of the body is answered with, if not with `M_MISSING_PARAM`. */
  readonly missingErrcode?: 'M_BAD_JSON' | 'M_UNKNOWN'
  /** No body at all counts as `{}`. */
  readonly bodyOptional?: true
  /** Success is no single JSON value but many, each as `answers` says: one a line, or as server-sent events. */
  readonly stream?: 'lines' | 'events'
  /** What it answers when it succeeds, by status. */
  readonly answers: Readonly<Record<number, { readonly when: string; readonly schema: TSchema }>>
  /** Errors beyond those of every call (token, rights, malformed query or body). */
  readonly errors: readonly ErrorRow[]
}

/** What a scoped token needs for the call. */
export function scopeOf({ area, access, method }: Operation): Scope {
  return `${area}:${access ?? (method === 'GET' ? 'read' : 'write')}`
}

/** By operation id. */
export type Operations = Readonly<Record<string, Operation>>

type NamesIn<P> = P extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | NamesIn<`/${Tail}`>
    : Rest
  : never

type BodyOf<O> = O extends { body: infer B extends TSchema }
  ? O extends { bodyOptional: true }
    ? { readonly body?: Static<B> }
    : { readonly body: Static<B> }
  : unknown

// A query may be left out unless something in it is required.
type QueryOf<O> = O extends { query: infer Q }
  ? Record<never, never> extends QueryArguments<Q>
    ? { readonly query?: QueryArguments<Q> }
    : { readonly query: QueryArguments<Q> }
  : unknown

/** What a caller gives: the path's parameters by name (not encoded), `query` and `body`. */
export type ArgumentsOf<O extends Operation> = { readonly [N in NamesIn<O['path']>]: string } & QueryOf<O> &
  BodyOf<O>

/** What a caller gets. */
export type AnswerOf<O extends Operation> = O extends { stream: 'lines' | 'events' }
  ? AsyncIterable<ItemOf<O>>
  : ItemOf<O>

type ItemOf<O extends Operation> = {
  [S in keyof O['answers']]: O['answers'][S] extends { schema: infer A extends TSchema } ? Static<A> : never
}[keyof O['answers']]
