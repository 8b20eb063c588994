import { RegistrationTokensQuery } from '@ranvier/admin-api/openapi/queries/registration-tokens'
import {
  type AdminRegistrationToken,
  NewRegistrationToken,
  RegistrationTokenChange,
  type RegistrationTokenList,
} from '@ranvier/admin-api/registration-tokens'
import type { RegistrationToken } from '@ranvier/storage'
import type { ManageRegistrationTokens } from '../../../accounts/registration/manage-registration-tokens.ts'
import { queryParams } from '../../query-params.ts'
import { adminRoute, type Route } from '../../route.ts'

const PATH = '/_synapse/admin/v1/registration_tokens'
const listQuery = queryParams(RegistrationTokensQuery)
const badTypeErrcode = 'M_INVALID_PARAM'

export interface RegistrationTokenRoutesDeps {
  registrationTokens: ManageRegistrationTokens
}

/** `/_synapse/admin/v1/registration_tokens`: tokens that let somebody register. */
export function adminRegistrationTokenRoutes({ registrationTokens }: RegistrationTokenRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'listRegistrationTokens',
      query: listQuery,
      async handler({ query: { valid } }): Promise<RegistrationTokenList> {
        return { registration_tokens: (await registrationTokens.list(valid)).map(tokenShape) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${PATH}/new`,
      operationId: 'createRegistrationToken',
      body: NewRegistrationToken,
      badTypeErrcode,
      async handler({ body }) {
        const { token, length, uses_allowed: usesAllowed = null, expiry_time: expiryTs = null } = body
        return tokenShape(await registrationTokens.create({ token, length, usesAllowed, expiryTs }))
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:token`,
      operationId: 'getRegistrationToken',
      handler: async ({ params: { token } }) => tokenShape(await registrationTokens.get(token)),
    }),
    adminRoute({
      method: 'PUT',
      path: `${PATH}/:token`,
      operationId: 'updateRegistrationToken',
      body: RegistrationTokenChange,
      badTypeErrcode,
      async handler({ params: { token }, body: { uses_allowed: usesAllowed, expiry_time: expiryTs } }) {
        const change = {
          ...(usesAllowed !== undefined && { usesAllowed }),
          ...(expiryTs !== undefined && { expiryTs }),
        }
        return tokenShape(await registrationTokens.update(token, change))
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: `${PATH}/:token`,
      operationId: 'deleteRegistrationToken',
      async handler({ params: { token } }) {
        await registrationTokens.delete(token)
        return {}
      },
    }),
  ]
}

function tokenShape(token: RegistrationToken): AdminRegistrationToken {
  return {
    token: token.token,
    uses_allowed: token.usesAllowed,
    pending: token.pending,
    completed: token.completed,
    expiry_time: token.expiryTs,
  }
}
