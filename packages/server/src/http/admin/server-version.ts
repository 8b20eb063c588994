import { type Route, route } from '../route.ts'

/**
 * `GET /_synapse/admin/v1/server_version`
 *
 * Needs no token: admin tools ask it to find out whether this is a server they know.
 */
export function serverVersionRoute(deps: { version: string }): Route {
  const answer = { server_version: `Ranvier ${deps.version}` }
  return route({
    method: 'GET',
    path: '/_synapse/admin/v1/server_version',
    operationId: 'getServerVersion',
    auth: 'none',
    handler: () => answer,
  })
}
