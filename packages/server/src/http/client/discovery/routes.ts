import type { Config } from '../../../config/config.ts'
import type { Route } from '../../route.ts'
import { versionsRoute } from './versions.ts'
import { wellKnownRoutes } from './well-known.ts'

/** What anyone may ask first: which versions are spoken here, and where. */
export function discoveryRoutes(deps: {
  config: Pick<Config, 'serverName' | 'publicBaseUrl' | 'wellKnown' | 'adminContact'>
  /** Only what is served. */
  unstableFeatures: Readonly<Record<string, boolean>>
}): Route[] {
  const { serverName, publicBaseUrl, wellKnown, adminContact } = deps.config
  return [
    versionsRoute({ unstableFeatures: deps.unstableFeatures }),
    ...wellKnownRoutes({ serverName, publicBaseUrl, adminContact, ...wellKnown }),
  ]
}
