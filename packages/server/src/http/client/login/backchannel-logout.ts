import { MatrixError } from '../../../errors.ts'
import type { EndSessions } from '../../../sso/end-sessions.ts'
import { HttpAnswer } from '../../answer.ts'
import { formText } from '../../form.ts'
import { type Route, route } from '../../route.ts'

/** Where a provider says that somebody has logged out. Synapse's. */
export const BACKCHANNEL_LOGOUT = '/_synapse/client/oidc/backchannel_logout'

/** `POST /_synapse/client/oidc/backchannel_logout`: OpenID Connect Back-Channel Logout 1.0, §2.5 and §2.8. */
export function backchannelLogoutRoute({ endSessions }: { endSessions: EndSessions }): Route {
  return route({
    method: 'POST',
    path: BACKCHANNEL_LOGOUT,
    auth: 'none',
    async handler({ request }) {
      const headers = { 'cache-control': 'no-store', 'content-type': 'application/json' }
      try {
        await endSessions(new URLSearchParams(await formText(request)).get('logout_token') ?? '')
        return new HttpAnswer(200, headers, '{}')
      } catch (error) {
        if (!(error instanceof MatrixError) || error.status !== 400) throw error
        const body = { error: 'invalid_request', error_description: error.message }
        return new HttpAnswer(400, headers, JSON.stringify(body))
      }
    },
  })
}
