import { type Static, Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import { missingParam } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Uia } from '../../uia.ts'

const Creds = Type.Object({ client_secret: Type.String(), sid: Type.String() })
const sessionOf = ({ sid, client_secret: clientSecret }: Static<typeof Creds>) => ({ sid, clientSecret })

/** The addresses of one's own account: `GET` and `POST /account/3pid`, `/account/3pid/add`, `/account/3pid/delete`. */
export function threepidRoutes({ accounts, uia }: { accounts: Accounts; uia: Uia }): Route[] {
  const { ownThreepids } = accounts
  return [
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/account/3pid',
      auth: 'user',
      async handler({ requester }) {
        const threepids = await accounts.reads.threepids(requester.userId)
        return {
          threepids: threepids.map(({ medium, address, validatedTs, addedTs }) => ({
            medium,
            address,
            validated_at: validatedTs,
            added_at: addedTs,
          })),
        }
      },
    }),
    // Deprecated, and without a proof of who asks, as ever.
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/account/3pid',
      auth: 'user',
      body: Type.Object({ three_pid_creds: Type.Optional(Creds), threePidCreds: Type.Optional(Creds) }),
      async handler({ requester, body }) {
        ownThreepids.checkMayChange()
        const creds = body.three_pid_creds ?? body.threePidCreds
        if (creds === undefined) throw missingParam('Missing param: three_pid_creds')
        await ownThreepids.add(requester.userId, sessionOf(creds))
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/account/3pid/add',
      auth: 'user',
      body: Creds,
      async handler({ requester, body, request }) {
        ownThreepids.checkMayChange()
        const proof = await uia.check({
          request,
          body: body as JsonObject, // parsed JSON
          flows: [['m.login.password']],
          requester,
          mayReuse: true,
        })
        if (proof.answer !== null) return proof.answer
        await ownThreepids.add(requester.userId, sessionOf(body))
        return {}
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/v3/account/3pid/delete',
      auth: 'user',
      body: Type.Object({
        medium: Type.String(),
        address: Type.String(),
        id_server: Type.Optional(Type.String()),
      }),
      async handler({ requester, body }) {
        const { medium, address, id_server: idServer } = body
        ownThreepids.checkMayChange()
        const isUnbound = await accounts.boundThreepids.unbind(requester.userId, {
          medium,
          address,
          idServer,
        })
        await ownThreepids.remove(requester.userId, medium, address)
        return { id_server_unbind_result: isUnbound ? 'success' : 'no-support' }
      },
    }),
  ]
}
