import { type AccountValidityAnswer, AccountValidityBody } from '@ranvier/admin-api/account-validity'
import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { AccountValidityVerbs } from '../../../accounts/validity/account-validity.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'

export interface AccountValidityRoutesDeps {
  validity: AccountValidityVerbs
  serverName: ServerName
}

/** `POST /_synapse/admin/v1/account_validity/validity` */
export function accountValidityRoute({ validity, serverName }: AccountValidityRoutesDeps): Route {
  const userIdOf = localUserParam(serverName, 'Only accounts of this server can be renewed')
  return adminRoute({
    method: 'POST',
    path: '/_synapse/admin/v1/account_validity/validity',
    operationId: 'renewAccount',
    body: AccountValidityBody,
    missingErrcode: 'M_UNKNOWN', // Synapse's
    async handler({ body }): Promise<AccountValidityAnswer> {
      const expirationTs = await validity.renew(userIdOf(body.user_id), {
        expirationTs: body.expiration_ts,
        mailWanted: body.enable_renewal_emails ?? true,
      })
      return { expiration_ts: expirationTs }
    },
  })
}
