import { badRequest } from '../../../errors.ts'
import type { ReadOptions } from '../../../media/find-readable.ts'
import type { IsAdmin, Requester } from '../../../requester.ts'
import { type Query, queryBool, queryInt } from '../../query.ts'
import type { HttpRequest } from '../../request.ts'

const DEFAULT_WAIT_MS = 20_000 // Spec: CS API, `timeout_ms`

/** What every way of reading a file may be told. */
export interface ReadQuery {
  timeoutMs: number
  bypassQuarantine: boolean
}

export function readQuery(query: Query): ReadQuery {
  // Only files of this server are served, so whether others may be fetched makes no difference; a wrong value does.
  queryBool(query, 'allow_remote')
  queryBool(query, 'allow_redirect')
  return {
    timeoutMs: queryInt(query, 'timeout_ms', { default: DEFAULT_WAIT_MS }),
    bypassQuarantine: queryBool(query, 'admin_unsafely_bypass_quarantine', false),
  }
}

/** How to look for the file. Throws 400 for who wants to see what is quarantined and is no administrator. */
export async function readOptions(
  { timeoutMs, bypassQuarantine }: ReadQuery,
  from: { requester: Requester | null; request: HttpRequest; isAdmin: IsAdmin },
): Promise<ReadOptions> {
  const { requester, request, isAdmin } = from
  if (bypassQuarantine && (requester === null || !(await isAdmin(requester.userId))))
    throw badRequest('Only a server administrator may see quarantined media')
  return {
    timeoutMs,
    signal: request.signal,
    isAnonymous: requester === null,
    evenQuarantined: bypassQuarantine,
  }
}
