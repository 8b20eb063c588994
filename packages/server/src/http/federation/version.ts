import { type Route, route } from '../route.ts'

/** `GET /_matrix/federation/v1/version`: what software this server is. */
export function federationVersionRoute({ version }: { version: string }): Route {
  const answer = { server: { name: 'Ranvier', version } }
  return route({
    method: 'GET',
    path: '/_matrix/federation/v1/version',
    auth: 'none',
    handler: () => answer,
  })
}
