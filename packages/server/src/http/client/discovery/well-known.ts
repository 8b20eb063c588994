import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { notFound } from '../../../errors.ts'
import { type Route, route } from '../../route.ts'

export interface WellKnownDeps {
  serverName: ServerName
  /** Ends with `/`. */
  publicBaseUrl: string
  /** `serve_server_wellknown` */
  serveServer: boolean
  /** `extra_well_known_client_content` */
  extraClientContent: JsonObject
  /** `admin_contact`; null when not set. */
  adminContact: string | null
}

/**
 * `GET /.well-known/matrix/client`, `…/server` and `…/support`: how clients, servers and people find this server.
 *
 * - `server` only when configured: it says that this very URL's host answers for the server name
 * - `support` only when there is a contact
 */
export function wellKnownRoutes(deps: WellKnownDeps): Route[] {
  const client = { ...deps.extraClientContent, 'm.homeserver': { base_url: deps.publicBaseUrl } }
  // Without a port the client of another server would take 8448.
  const server = { 'm.server': /:\d+$/.test(deps.serverName) ? deps.serverName : `${deps.serverName}:443` }
  const support = supportOf(deps.adminContact)
  return [
    route({ method: 'GET', path: '/.well-known/matrix/client', auth: 'none', handler: () => client }),
    route({
      method: 'GET',
      path: '/.well-known/matrix/server',
      auth: 'none',
      handler() {
        if (!deps.serveServer) throw notFound('Server discovery information')
        return server
      },
    }),
    route({
      method: 'GET',
      path: '/.well-known/matrix/support',
      auth: 'none',
      handler() {
        if (support === undefined) throw notFound('Support contact')
        return support
      },
    }),
  ]
}

/** Spec: CS API §Server support: a contact has an email address or a Matrix ID. */
function supportOf(contact: string | null): object | undefined {
  if (contact === null) return undefined
  const address = contact.replace(/^mailto:/, '')
  if (address.startsWith('@')) return { contacts: [{ role: 'm.role.admin', matrix_id: address }] }
  if (address.includes('@')) return { contacts: [{ role: 'm.role.admin', email_address: address }] }
  return { support_page: contact }
}
