import {
  type AdminRegistrationToken,
  NewRegistrationToken,
  RegistrationTokenChange,
  type RegistrationTokenList,
} from '@ranvier/admin-api/registration-tokens'
import type { RegistrationToken } from '@ranvier/storage'
import { Type } from 'typebox'
import type { ManageRegistrationTokens } from '../../../accounts/manage-registration-tokens.ts'
import { queryBool } from '../../query.ts'
import { adminRoute, type Route } from '../../route.ts'

const PATH = '/_synapse/admin/v1/registration_tokens'
const badTypeErrcode = 'M_INVALID_PARAM'

// Beside a `token` nobody looks at `length`, whatever it is.
const NewToken = Type.Object({ ...NewRegistrationToken.properties, length: Type.Optional(Type.Unknown()) })

export interface RegistrationTokenRoutesDeps {
  registrationTokens: ManageRegistrationTokens
}

/** `/_synapse/admin/v1/registration_tokens`: tokens that let somebody register. */
export function adminRegistrationTokenRoutes({ registrationTokens }: RegistrationTokenRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      query: (query) => queryBool(query, 'valid'),
      async handler({ query: valid }): Promise<RegistrationTokenList> {
        return { registration_tokens: (await registrationTokens.list(valid)).map(tokenShape) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${PATH}/new`,
      body: NewToken,
      badTypeErrcode,
      async handler({ body }) {
        const { token, length, uses_allowed: usesAllowed = null, expiry_time: expiryTs = null } = body
        return tokenShape(await registrationTokens.create({ token, length, usesAllowed, expiryTs }))
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/:token`,
      handler: async ({ params: { token } }) => tokenShape(await registrationTokens.get(token)),
    }),
    adminRoute({
      method: 'PUT',
      path: `${PATH}/:token`,
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
