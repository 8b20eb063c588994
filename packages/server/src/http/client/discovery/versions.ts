import { clientRoute, type Route } from '../../route.ts'

/**
 * The versions clients may speak to us, all of them and not only the newest: a client looks for any it knows, and some
 * refuse a server without. Of their optional modules those we lack (search, relations, spaces) answer `M_UNRECOGNIZED`.
 */
const VERSIONS = [
  ...['r0.0.1', 'r0.1.0', 'r0.2.0', 'r0.3.0', 'r0.4.0', 'r0.5.0', 'r0.6.0', 'r0.6.1'],
  ...['v1.1', 'v1.2', 'v1.3', 'v1.4', 'v1.5', 'v1.6', 'v1.7', 'v1.8', 'v1.9', 'v1.10', 'v1.11', 'v1.12'],
]

/**
 * `GET /_matrix/client/versions`
 *
 * Answers with and without a token (MSC4026). `unstableFeatures` names only what is served.
 */
export function versionsRoute(deps: { unstableFeatures: Readonly<Record<string, boolean>> }): Route {
  const answer = { versions: VERSIONS, unstable_features: deps.unstableFeatures }
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/versions',
    auth: 'none',
    handler: () => answer,
  })
}
