import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import type { Proof } from './rows/files.ts'
import type { Caller } from './world.ts'

/**
 * Where a call differs from one that succeeds. `{bob}` and the like stand for what the world has of that name; a value
 * of `params` takes the place of the one the world has.
 */
export interface Change {
  params?: Readonly<Record<string, string>>
  /** Without `?`, encoded as it goes over the wire. */
  query?: string
  body?: unknown
  /** Sent as it is, instead of `body`. */
  text?: string
  /** Who asks. Default: an administrator. */
  as?: Caller
}

/** What is wrong, what is sent, and how it is refused. It is sent to a real server, on both databases. */
export type Refusal = readonly [what: string, change: Change, status: number, errcode: string]

/** A call of the admin API: how it is refused, and where it is seen to work. */
export interface Row {
  /** Members a body must have, with values that are taken. */
  body?: Readonly<Record<string, unknown>>
  /** Required parameters, with values that are taken. */
  query?: string
  refusals?: readonly Refusal[]
  /**
   * What is shown, and by which test on both databases. What shows a refusal that takes more than one request begins
   * with its status and errcode.
   */
  proofs: Readonly<Record<string, Proof>>
}

export type Rows = Readonly<Partial<Record<OperationId, Row>>>

/** Habit A: the id is parsed, then has to be of this server, then has to be known. */
export const parsedUser: readonly Refusal[] = [
  ['no user id', { params: { userId: 'bob' } }, 400, 'M_INVALID_PARAM'],
  ['an empty user id', { params: { userId: '' } }, 400, 'M_INVALID_PARAM'],
  ['a user of another server', { params: { userId: '@bob:elsewhere' } }, 400, 'M_UNKNOWN'],
  ['an unknown user', { params: { userId: '@nobody:{server}' } }, 404, 'M_NOT_FOUND'],
]

/** Habit B: only the name of the server is looked at. */
export const comparedUser: readonly Refusal[] = [
  ['no user id', { params: { userId: 'bob' } }, 400, 'M_UNKNOWN'],
  ['a user of another server', { params: { userId: '@bob:elsewhere' } }, 400, 'M_UNKNOWN'],
  ['an unknown user', { params: { userId: '@nobody:{server}' } }, 404, 'M_NOT_FOUND'],
]

/** The same refusal for each value of a member of the body. */
export function eachValue(
  member: string,
  values: readonly unknown[],
  errcode: string,
  beside: Readonly<Record<string, unknown>> = {},
): Refusal[] {
  return values.map((value) => [
    `${member} = ${JSON.stringify(value)?.slice(0, 40)}`,
    { body: { ...beside, [member]: value } },
    400,
    errcode,
  ])
}

/** The same refusal for each query string. */
export function eachQuery(queries: readonly string[], errcode: string, params?: Change['params']): Refusal[] {
  return queries.map((query) => [query, { query, ...(params && { params }) }, 400, errcode])
}
