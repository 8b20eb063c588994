import { randomBytes } from 'node:crypto'
import { type Action, maskedToken } from '@ranvier/storage'
import type { Requester } from '../requester.ts'
import type { Route, RouteContext } from './route.ts'

/**
 * What the audit log is to say of a request, if it can be one that belongs there: every call of the admin API that is
 * no `GET`, whatever is done with a puppet token, and what users may do too but administrators may do to others
 * (`route.adminEffect`), which is recorded when the verb says that it took one.
 */
export function actionOf(
  route: Route,
  requester: Requester | null,
  {
    params,
    body,
    request,
    nowMs,
  }: Pick<RouteContext, 'body' | 'request'> & {
    params: Record<string, unknown>
    nowMs: number
  },
): Action | undefined {
  if (route.method === 'GET') return undefined
  const puppetedBy = requester?.puppetedBy ?? null
  const recorded = route.operationId !== undefined || puppetedBy !== null
  if (!recorded && !route.adminEffect) return undefined
  return {
    id: randomBytes(9).toString('base64url'),
    operation: route.operationId ?? `${route.method} ${route.path.replace(/:([^/]+)/g, '{$1}')}`,
    actor: puppetedBy ?? requester?.userId ?? null,
    actingAs: puppetedBy === null ? null : requester!.userId,
    token: requester?.adminToken ? { id: requester.adminToken.id, name: requester.adminToken.name } : null,
    ip: request.ip || null,
    userAgent: request.userAgent || null,
    target: targetOf(params) ?? userOf(body),
    ts: nowMs,
    recorded,
  }
}

/** What the path names: the first parameter, but a file by its whole URI and a registration token not in full. */
function targetOf(params: Record<string, unknown>): string | null {
  const { token, serverName, mediaId, txnId: _, ...others } = params
  if (typeof token === 'string') return maskedToken(token)
  if (mediaId !== undefined) return String(mediaId)
  if (serverName !== undefined) return String(serverName)
  const first = Object.values(others)[0]
  if (first === undefined || first === null) return null
  return typeof first === 'object' ? null : String(first)
}

/** Where no path names anything, a body may name a user. */
function userOf(body: unknown): string | null {
  const userId = (body as { user_id?: unknown } | undefined)?.user_id
  return typeof userId === 'string' ? userId : null
}
