import { networkInterfaces } from 'node:os'
import type { ListenAddress } from '../http/listeners.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

const ALL_IPV6 = '::'
const ALL_IPV4 = '0.0.0.0'

/** The addresses to listen on. `port` replaces that of the first listener. */
export function resolveListeners(
  raw: RawConfig['listeners'],
  options: { port: number | undefined; warnings: string[] },
): ListenAddress[] {
  const addresses: ListenAddress[] = []
  let { port } = options
  for (const [i, listener] of raw.entries()) {
    if (listener.type !== 'http') {
      options.warnings.push(`listeners[${i}].type: "${listener.type}" is not served, the listener is skipped`)
      continue
    }
    if (listener.tls)
      throw new ConfigError(
        `listeners[${i}].tls: this server does not speak TLS. Set it to false and put a reverse proxy in front.`,
      )
    const hosts = hostsOf(listener)
    const names = new Set(listener.resources.flatMap((resource) => resource.names))
    for (const host of hosts)
      addresses.push({
        host,
        port: port ?? listener.port,
        xForwarded: listener.x_forwarded,
        servesClients: names.has('client'),
        servesFederation: names.has('federation') || names.has('keys'),
        // `::` takes IPv4 too unless told not to, and then `0.0.0.0` beside it finds its port taken.
        ipv6Only: host === ALL_IPV6 && hosts.includes(ALL_IPV4),
      })
    port = undefined
  }
  if (addresses.length === 0)
    throw new ConfigError('listeners: there is no listener of type http, so nobody could reach this server.')
  return addresses
}

function hostsOf(listener: RawConfig['listeners'][number]): string[] {
  const hosts = listener.bind_addresses ?? (listener.bind_address ? [listener.bind_address] : [])
  const wanted = hosts.length > 0 ? hosts : [ALL_IPV6, ALL_IPV4]
  // Synapse's "everywhere" names both; a machine without IPv6 is served all the same.
  return wanted.includes(ALL_IPV4) && !hasIpv6() ? wanted.filter((host) => host !== ALL_IPV6) : wanted
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  )
}

/** True for addresses only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** The URL of an address as a client on this machine would write it. */
export function localUrl(address: ListenAddress): string {
  const host = address.host === ALL_IPV4 || address.host === ALL_IPV6 ? 'localhost' : address.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
