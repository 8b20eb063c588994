import { Type } from 'typebox'
import type { Accounts } from '../../../accounts/accounts.ts'
import { threepidDenied } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'

/** Where a client would ask for a message that proves an address. */
const REQUEST_TOKEN_PATHS = [
  '/_matrix/client/v3/register/email/requestToken',
  '/_matrix/client/v3/register/msisdn/requestToken',
  '/_matrix/client/v3/account/password/email/requestToken',
  '/_matrix/client/v3/account/password/msisdn/requestToken',
  '/_matrix/client/v3/account/3pid/email/requestToken',
  '/_matrix/client/v3/account/3pid/msisdn/requestToken',
] as const

/** `GET /account/3pid`, and the refusal to send messages to new addresses: administrators set addresses. */
export function threepidRoutes({ accounts }: { accounts: Accounts }): Route[] {
  const list = clientRoute({
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
  })
  const refuse = REQUEST_TOKEN_PATHS.map((path) =>
    clientRoute({
      method: 'POST',
      path,
      auth: 'none',
      body: Type.Object({}),
      handler: () => {
        throw threepidDenied('This server does not send messages to email addresses or phone numbers')
      },
    }),
  )
  return [list, ...refuse]
}
