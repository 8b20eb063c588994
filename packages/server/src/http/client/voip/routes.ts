import { turnServer } from '../../../calls/turn-credentials.ts'
import type { CallsConfig } from '../../../config/config.ts'
import { clientRoute, type Route } from '../../route.ts'

export interface CallRoutesDeps {
  calls: CallsConfig
  nowMs: () => number
}

/** `GET /voip/turnServer`, `{}` without one, and `GET …/org.matrix.msc4143/rtc/transports` (MSC4143). */
export function callRoutes({ calls, nowMs }: CallRoutesDeps): Route[] {
  return [
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/v3/voip/turnServer',
      auth: 'guest-ok',
      handler: ({ requester }) => turnServer(calls.turn, requester, nowMs()),
    }),
    clientRoute({
      method: 'GET',
      path: '/_matrix/client/unstable/org.matrix.msc4143/rtc/transports',
      auth: 'guest-ok',
      handler: () => ({ rtc_transports: calls.transports }),
    }),
  ]
}
