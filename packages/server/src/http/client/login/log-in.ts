import { Type } from '@ranvier/admin-api/schema'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import type { AccountsConfig } from '../../../accounts/config.ts'
import { appserviceOf } from '../../../accounts/registration/register-appservice-user.ts'
import type { Session } from '../../../accounts/sessions/sessions.ts'
import { badRequest, missingParam } from '../../../errors.ts'
import { identifierOf } from '../../identifier.ts'
import { clientRoute, type Route } from '../../route.ts'
import { sessionAnswer } from './session-answer.ts'

const LoginBody = Type.Object({
  type: Type.String(),
  password: Type.Optional(Type.String()),
  token: Type.Optional(Type.String()),
  device_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  initial_device_display_name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  refresh_token: Type.Optional(Type.Boolean()),
})

/** `POST /login` */
export function logInRoute({ accounts }: { accounts: Accounts }): Route {
  const { config } = accounts
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/login',
    auth: 'none',
    adminEffect: true,
    rateLimitByIp: 'rc_login.address',
    body: LoginBody,
    async handler({ body, request }) {
      const wish = {
        deviceId: body.device_id ?? undefined,
        initialDisplayName: body.initial_device_display_name ?? undefined,
        refreshToken: body.refresh_token,
      }
      let session: Session
      if (body.type === 'm.login.password' && config.passwordLogin && config.localPasswords) {
        const identifier = identifierOf(body as JsonObject) // parsed JSON; the schema names only some of it
        if (identifier === undefined) throw missingParam('Missing param: identifier')
        if (body.password === undefined) throw missingParam('Missing param: password')
        session = await accounts.logInWithPassword(identifier, body.password, wish)
      } else if (body.type === 'm.login.token' && takesTokens(config)) {
        if (body.token === undefined) throw missingParam('Missing param: token')
        session = await accounts.logInWithToken(body.token, wish)
      } else if (body.type === 'm.login.application_service') {
        const appservice = appserviceOf(accounts.appservices, request.accessToken())
        const identifier = identifierOf(body as JsonObject)
        if (identifier === undefined) throw missingParam('Missing param: identifier')
        session = await accounts.logInAsAppservice(appservice, identifier, wish)
      } else throw badRequest(`Unknown login type ${body.type.slice(0, 100)}`)
      return {
        ...sessionAnswer(session, config),
        well_known: { 'm.homeserver': { base_url: config.publicBaseUrl } },
      }
    },
  })
}

/** Tokens come from another session of the user's, or from logging in elsewhere. */
function takesTokens({ loginTokens, identityProviders }: AccountsConfig): boolean {
  return loginTokens !== null || identityProviders.length > 0
}
