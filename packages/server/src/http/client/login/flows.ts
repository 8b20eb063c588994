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
  if (config.loginTokens !== null) flows.push({ type: 'm.login.token', get_login_token: true })
  if (hasAppservices) flows.push({ type: 'm.login.application_service' })
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/login',
    auth: 'none',
    handler: () => ({ flows }),
  })
}
