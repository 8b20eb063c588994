import type { AnswerOf, ArgumentsOf } from '../openapi/operation.ts'
import type { OperationId, OperationMap } from '../openapi/operations.ts'
import { calls } from './generated/calls.ts'
import { itemsOf } from './items.ts'

/** What the server answered in place of what was asked. */
export class AdminApiError extends Error {
  override readonly name = 'AdminApiError'
  readonly status: number
  /** `undefined` when the answer was not of a Matrix server, but of something on the way. */
  readonly errcode: string | undefined
  /** Other members of the answer, such as `retry_after_ms`. */
  readonly fields: Readonly<Record<string, unknown>>

  constructor(call: string, status: number, answer: unknown) {
    const { errcode, error, ...fields } = isObject(answer) ? answer : {}
    super(
      `${call}: ${status} ${[errcode, error].filter((part) => typeof part === 'string').join(' ')}`.trimEnd(),
    )
    this.status = status
    this.errcode = typeof errcode === 'string' ? errcode : undefined
    this.fields = fields
  }
}

export interface AdminClientOptions {
  /** Where the server is, such as `https://matrix.example.org`; a path is kept. */
  baseUrl: string
  /** An administrator's access token, or where to take it from before each call. */
  token?: string | (() => string | undefined)
  /** Default: the platform's. */
  fetch?: typeof fetch
}

interface CallOptions {
  signal?: AbortSignal
}

// Where nothing has to be given, nothing need be given.
type Parameters_<Arguments> =
  Record<never, never> extends Arguments
    ? [given?: Arguments, options?: CallOptions]
    : [given: Arguments, options?: CallOptions]

/** A method for each operation. They reject with {@link AdminApiError} for any status but 2xx. */
export type AdminClient = {
  readonly [Id in OperationId]: (
    ...args: Parameters_<ArgumentsOf<OperationMap[Id]>>
  ) => Promise<AnswerOf<OperationMap[Id]>>
}

interface Given {
  query?: Record<string, unknown>
  body?: unknown
  [param: string]: unknown
}

/**
 * A client of the admin API, typed by its schemas. It needs nothing but `fetch`, and checks nothing of what it is
 * given or gets.
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const methods = Object.entries(calls).map(([id, [method, path, stream]]) => [
    id,
    async (given: Given = {}, { signal }: CallOptions = {}) => {
      const url = urlOf(options.baseUrl, path, given)
      const answer = await call(options, { method, url, body: given.body, signal })
      return stream === undefined ? answer.json() : itemsOf(answer, stream)
    },
  ])
  return Object.fromEntries(methods) as AdminClient // `calls` has every operation, by its type
}

async function call(
  { token, fetch: send = fetch }: AdminClientOptions,
  { method, url, body, signal }: { method: string; url: URL; body: unknown; signal: AbortSignal | undefined },
): Promise<Response> {
  const accessToken = typeof token === 'function' ? token() : token
  const headers: Record<string, string> = {}
  if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const answer = await send(url, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  if (!answer.ok)
    throw new AdminApiError(`${method} ${url.pathname}`, answer.status, parse(await answer.text()))
  return answer
}

function urlOf(baseUrl: string, path: string, given: Given): URL {
  const filled = path.replace(/:([^/]+)/g, (_, name: string) => encodeURIComponent(String(given[name])))
  const url = new URL(baseUrl.replace(/\/$/, '') + filled)
  for (const [name, value] of Object.entries(given.query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) url.searchParams.append(name, String(each))
  }
  return url
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
