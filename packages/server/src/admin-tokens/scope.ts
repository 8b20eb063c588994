import { covers, type Scope } from '@ranvier/admin-api/areas'
import { forbidden } from '../errors.ts'
import type { Requester } from '../requester.ts'

/** Throws 403 `M_FORBIDDEN`, which names the scope, if the request came with a scoped token that has not got it. */
export function checkScope({ adminToken }: Requester, needed: Scope, why = ''): void {
  if (adminToken === undefined || covers(adminToken.scopes, needed)) return
  throw forbidden(`The token '${adminToken.name}' has not the scope ${needed}${why}`)
}
