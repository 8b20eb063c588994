import type { AccountsConfig } from '../../../accounts/config.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /login`: the ways to log in that are open here. */
export function loginFlowsRoute({
  config,
  hasAppservices,
}: {
  config: AccountsConfig
  hasAppservices: boolean
}): Route {
  const flows: object[] = []
  if (config.passwordLogin && config.localPasswords) flows.push({ type: 'm.login.password' })
  const { identityProviders, loginTokens } = config
  if (identityProviders.length > 0) flows.push({ type: 'm.login.sso', identity_providers: identityProviders })
  // NOTSPEC: clients of long ago know of nothing else. Synapse: handlers/login
  if (identityProviders.some(({ id }) => id === 'cas')) flows.push({ type: 'm.login.cas' })
  // Spec: CS API §Client login via SSO: who comes back brings a token.
  if (loginTokens !== null || identityProviders.length > 0)
    flows.push({ type: 'm.login.token', ...(loginTokens !== null && { get_login_token: true }) })
  if (hasAppservices) flows.push({ type: 'm.login.application_service' })
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/login',
    auth: 'none',
    handler: () => ({ flows }),
  })
}
