import type { IncomingMessage } from 'node:http'
import { scopes } from '@ranvier/admin-api/generated/scopes'
import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { ADMIN_TOKEN_PREFIX, type AuthenticateAdminToken } from '../admin-tokens/authenticate.ts'
import { checkScope } from '../admin-tokens/scope.ts'
import type { Clock } from '../clock.ts'
import { accountExpired, guestForbidden, missingToken, unknownToken, userLocked } from '../errors.ts'
import type { Authenticate, IsAdmin, Requester } from '../requester.ts'
import { actAsOf, findAccessToken } from './access-token.ts'
import type { Query } from './query.ts'
import type { HttpRequest, IncomingRequest } from './request.ts'
import type { Route } from './route.ts'

export interface RequesterDeps {
  authenticate: Authenticate
  isAdmin: IsAdmin
  /** Who a scoped token stands for. Without it there are none. */
  authenticateAdminToken?: AuthenticateAdminToken | undefined
  clock: Clock
  /** Called for every request whose token was accepted, before anything else is checked. Must not throw. */
  onAuthenticated?: ((requester: Requester, request: HttpRequest) => void) | undefined
}

/** Who asks, as far as the route lets him in; `null` for nobody. Whether he is an administrator is not asked yet. */
export function findRequester(
  deps: RequesterDeps,
  route: Route,
  { message, request, query }: { message: IncomingMessage; request: IncomingRequest; query: Query },
): Requester | null | Promise<Requester> {
  const token = findAccessToken(message, query)
  if (token === undefined) {
    if (route.auth === 'optional') return null
    throw missingToken()
  }
  if (route.operationId !== undefined && token.startsWith(ADMIN_TOKEN_PREFIX))
    return findTokenOwner(deps, route.operationId, token, request)
  const found = deps.authenticate(token, actAsOf(query))
  return found instanceof Promise
    ? found.then((requester) => letIn(deps, route, requester, request))
    : letIn(deps, route, found, request)
}

/** The requester, unless a token such as this one does not let into the route. */
function letIn(deps: RequesterDeps, route: Route, requester: Requester, request: IncomingRequest): Requester {
  request.requester = requester
  const { accessTokenValidUntilMs } = requester
  if (accessTokenValidUntilMs !== null && accessTokenValidUntilMs <= deps.clock.nowMs())
    throw unknownToken('Access token has expired', true)
  if (requester.locked && !route.allowLocked) throw userLocked()
  deps.onAuthenticated?.(requester, request)
  if (!route.allowExpired && hasExpired(requester, deps.clock.nowMs())) throw accountExpired()
  if (requester.isGuest && (route.auth === 'user' || route.auth === 'admin')) throw guestForbidden()
  return requester
}

/** Scoped tokens are for the admin API alone: everywhere else they are unknown. */
async function findTokenOwner(
  deps: RequesterDeps,
  operationId: OperationId,
  token: string,
  request: IncomingRequest,
): Promise<Requester> {
  if (deps.authenticateAdminToken === undefined) throw unknownToken()
  const requester = await deps.authenticateAdminToken(token, request)
  request.requester = requester
  checkScope(requester, scopes[operationId])
  return requester
}

/** Who may change users may not change administrators: a new password of theirs would open every other door. */
export async function checkTarget(
  deps: RequesterDeps,
  { operationId }: Route,
  requester: Requester,
  { userId }: Record<string, unknown>,
): Promise<void> {
  const needed = operationId === undefined ? undefined : scopes[operationId]
  if (needed !== 'users:write' && needed !== 'moderation:write') return
  if (typeof userId === 'string' && (await deps.isAdmin(userId as UserId)))
    checkScope(requester, 'access:write', ': the account is an administrator')
}

function hasExpired({ accountExpiresTs, appserviceId }: Requester, nowMs: number): boolean {
  return accountExpiresTs !== undefined && accountExpiresTs <= nowMs && appserviceId === null
}
