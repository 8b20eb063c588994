import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { ListenAddress, TlsIdentity } from '../http/listeners.ts'
import { readText, reason } from './data-dir.ts'
import type { Origin } from './origin.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

const ALL_IPV6 = '::'
const ALL_IPV4 = '0.0.0.0'

/** The addresses to listen on. `origin.port` replaces the port of the first listener. */
export function resolveListeners(
  raw: Pick<RawConfig, 'listeners' | 'tls_certificate_path' | 'tls_private_key_path'>,
  origin: Pick<Origin, 'baseDir' | 'port' | 'warnings'>,
): ListenAddress[] {
  const addresses: ListenAddress[] = []
  const tls = raw.listeners.some((listener) => listener.tls) ? readTls(raw, origin.baseDir) : undefined
  let { port } = origin
  for (const [i, listener] of raw.listeners.entries()) {
    if (listener.type !== 'http') {
      origin.warnings.push(`listeners[${i}].type: "${listener.type}" is not served, the listener is skipped`)
      continue
    }
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
        ...(listener.tls && { tls }),
      })
    port = undefined
  }
  if (addresses.length === 0)
    throw new ConfigError('listeners: there is no listener of type http, so nobody could reach this server.')
  return addresses
}

/** The certificate and key of listeners with `tls: true`. Throws a {@link ConfigError} unless they can be used. */
function readTls(
  raw: Pick<RawConfig, 'tls_certificate_path' | 'tls_private_key_path'>,
  baseDir: string,
): TlsIdentity {
  const read = (key: 'tls_certificate_path' | 'tls_private_key_path') => {
    const path = raw[key]
    if (path !== undefined) return readText(resolve(baseDir, path), key)
    throw new ConfigError(
      `${key}: is missing, but a listener has \`tls: true\`. Name the PEM file, or set tls to false.`,
    )
  }
  const identity = { certificate: read('tls_certificate_path'), privateKey: read('tls_private_key_path') }
  try {
    createSecureContext({ cert: identity.certificate, key: identity.privateKey })
    return identity
  } catch (cause) {
    throw new ConfigError(
      `tls_certificate_path, tls_private_key_path: the files hold no certificate with its key (${reason(cause)}).`,
      { cause },
    )
  }
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
  return `${address.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
