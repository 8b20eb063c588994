import type { Operation } from './document.ts'
import type { FuzzRequest } from './generate.ts'
import { findMismatch } from './match-schema.ts'
import type { FuzzAnswer } from './wire.ts'

const ERRCODE = /^[A-Z]+(_[A-Z0-9]+)+$/
/** May be called for oneself by anybody who is logged in. */
const OPEN_TO_ONESELF = new Set(['whois', 'whoisClientApi'])
const UNSTORABLE = /must not contain the character U\+0000|must not be beyond 53 bits/
const GONE = new Set(['M_UNKNOWN_TOKEN', 'M_USER_LOCKED'])
const MAX_HEADER_STATUS = 431
/** The server matches no longer ones. */
const MAX_SEGMENT_LENGTH = 4096

interface Heard {
  status: number
  json: unknown
  /** Those of an error, if it has them. */
  errcode: unknown
  error: unknown
}

/** What is wrong with an answer, in words that are the same for every request with the same fault. */
export function findFault(
  operation: Operation,
  { caller, path }: FuzzRequest,
  { status, text }: FuzzAnswer,
): string | undefined {
  // What the document promises is meant, such as that nothing free was found; what is not is also in the log.
  if (status >= 500 && !operation.responses.has(status)) return `answers ${status}`
  const json = parse(text)
  if (json === undefined) return `answers ${status} with something that is not JSON`
  const { errcode, error } = (json ?? {}) as { errcode?: unknown; error?: unknown }
  if (status >= 400) {
    if (typeof errcode !== 'string' || !ERRCODE.test(errcode)) return `answers ${status} without an errcode`
    if (typeof error !== 'string' || error === '') return `answers ${status} without an error text`
  }
  const heard = { status, json, errcode, error }
  const segments = path.split('?', 1)[0]!.split('/')
  if (segments.some((segment) => segment.length > MAX_SEGMENT_LENGTH)) {
    // It leads nowhere, whoever asks: callers are looked at when it leads somewhere.
    if (status === MAX_HEADER_STATUS || (status === 404 && errcode === 'M_UNRECOGNIZED')) return undefined
    if (isDecodable(segments))
      return `answers ${status} ${errcode} to a path that has to be 404 M_UNRECOGNIZED`
  }
  const refused = operation.needsToken ? refusalFault(operation, caller, heard) : undefined
  if (refused !== undefined) return refused
  const isRefused = operation.needsToken && caller.refusal !== undefined
  if (!isDecodable(segments) && !isRefused)
    return status === 400 && errcode === 'M_INVALID_PARAM'
      ? undefined
      : `answers ${status} ${errcode} to a path that has to be 400 M_INVALID_PARAM`
  // One rule for whatever no database can store, wherever it stands: none of the operations repeats it.
  if (status === 400 && errcode === 'M_INVALID_PARAM' && UNSTORABLE.test(String(error))) return undefined
  return documentFault(operation, heard)
}

function isDecodable(segments: readonly string[]): boolean {
  try {
    segments.forEach(decodeURIComponent)
    return true
  } catch {
    return false
  }
}

/** The answer to somebody who may not call, whatever else is wrong with the request. */
function refusalFault(
  operation: Operation,
  caller: FuzzRequest['caller'],
  { status, errcode }: Heard,
): string | undefined {
  const { refusal } = caller
  if (refusal === undefined) return status === 401 ? 'refuses the administrator with 401' : undefined
  // An identifier that is none comes before the question who asks. Synapse: WhoisRestServlet
  if (OPEN_TO_ONESELF.has(operation.id) && status === 400) return undefined
  if (status === refusal.status && errcode === refusal.errcode) return undefined
  if (caller.mayBeGone && status === 401 && GONE.has(String(errcode))) return undefined
  const wanted = `${refusal.status} ${refusal.errcode}`
  return `answers “${caller.name}” with ${status} ${errcode ?? ''}, not ${wanted}`
}

function documentFault(operation: Operation, { status, json, errcode }: Heard): string | undefined {
  if (!operation.responses.has(status)) return `answers ${status} ${errcode ?? ''}, which is not documented`
  const schema = operation.responses.get(status)
  const mismatch = schema === undefined ? undefined : findMismatch(schema, json)
  return mismatch === undefined ? undefined : `${status} is not as documented: ${mismatch}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
