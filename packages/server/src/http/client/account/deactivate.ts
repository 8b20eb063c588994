import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

/** `POST /account/deactivate`. Parting from rooms goes on in the background. */
export function deactivateRoute({ accounts, uia }: { accounts: Accounts; uia: Uia }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/account/deactivate',
    auth: 'user',
    body: Type.Object({ erase: Type.Optional(Type.Boolean()) }),
    emptyBody: true,
    async handler({ requester, body, request }) {
      // An application service has no password; its token speaks for it.
      if (requester.appserviceId === null) {
        const proof = await uia.check({
          request,
          body: body as JsonObject, // parsed JSON
          flows: [['m.login.password']],
          requester,
        })
        if (proof.answer !== null) return proof.answer
      }
      const { isUnbound } = await accounts.deactivate(requester.userId, { erase: body.erase ?? false })
      return { id_server_unbind_result: isUnbound ? 'success' : 'no-support' }
    },
  })
}
