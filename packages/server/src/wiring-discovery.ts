import { version } from './cli/version.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { publishedKeys } from './federation/published-keys.ts'
import { openApiRoute } from './http/admin/openapi.ts'
import { serverVersionRoute } from './http/admin/server-version.ts'
import { versionsRoute } from './http/client/discovery/versions.ts'
import { wellKnownRoutes } from './http/client/discovery/well-known.ts'
import { serverKeyRoutes } from './http/federation/server-keys.ts'
import { federationVersionRoute } from './http/federation/version.ts'
import type { Route } from './http/route.ts'

/** What clients and other servers ask first: what there is here, and under which keys. */
export function discoveryRoutes(config: Config, clock: Clock): Route[] {
  return [
    versionsRoute({
      unstableFeatures: {
        'org.matrix.simplified_msc3575': true,
        'org.matrix.msc3814': true,
        'org.matrix.msc4108': true,
        'org.matrix.msc4306': config.push.threadSubscriptions,
        'io.element.msc4388': true,
        'org.matrix.msc4140': config.rooms.maxEventDelayMs > 0,
        'org.matrix.msc4143': config.calls.transports.length > 0,
      },
    }),
    ...wellKnownRoutes({
      serverName: config.serverName,
      publicBaseUrl: config.publicBaseUrl,
      serveServer: config.wellKnown.serveServer,
      extraClientContent: config.wellKnown.extraClientContent,
      adminContact: config.adminContact,
    }),
    serverVersionRoute({ version }),
    federationVersionRoute({ version }),
    ...serverKeyRoutes({ publishedKeys: publishedKeys({ ...config, clock }) }),
    openApiRoute(),
  ]
}
