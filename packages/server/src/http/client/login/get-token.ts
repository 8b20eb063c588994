import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import type { AccountsConfig } from '../../../accounts/config.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

/** `POST /v1/login/get_token`: a token with which another client logs in as the same user. */
export function getLoginTokenRoute(deps: {
  accounts: Accounts
  uia: Uia
  loginTokens: NonNullable<AccountsConfig['loginTokens']>
}): Route {
  const { requireUiAuth, lifetimeMs } = deps.loginTokens
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v1/login/get_token',
    auth: 'user',
    body: Type.Object({}),
    emptyBody: true,
    async handler({ requester, body, request }) {
      if (requireUiAuth) {
        // Never by an earlier proof: every further client needs the user's word.
        const proof = await deps.uia.check({
          request,
          body: body as JsonObject, // parsed JSON
          flows: [['m.login.password']],
          requester,
        })
        if (proof.answer !== null) return proof.answer
      }
      return {
        login_token: await deps.accounts.issueLoginToken(requester.userId, lifetimeMs),
        expires_in_ms: lifetimeMs,
      }
    },
  })
}
