import type { RoomAlias, ServerName, UserId } from './brands.ts'

export interface ServerNameParts {
  /** The host as written; an IPv6 address without its brackets. */
  host: string
  /** `undefined` if the name has no port. */
  port: number | undefined
  kind: 'dns' | 'ipv4' | 'ipv6'
}

// Spec: Appendices §Server name. The grammar's 255 characters for the host are the hard limit of the whole name for us.
const MAX_SERVER_NAME_LENGTH = 255
const PLAIN_HOST = /^([0-9A-Za-z.-]+)(?::([0-9]{1,5}))?$/
const IPV6_HOST = /^\[([0-9A-Fa-f:.]{2,45})\](?::([0-9]{1,5}))?$/
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}$/

/** The parts of a server name, `undefined` if it is not one. Names are case-sensitive: nothing is folded. */
export function parseServerName(value: unknown): ServerNameParts | undefined {
  if (typeof value !== 'string' || value.length > MAX_SERVER_NAME_LENGTH) return undefined
  const bracketed = value.startsWith('[')
  const match = (bracketed ? IPV6_HOST : PLAIN_HOST).exec(value)
  if (match === null) return undefined
  const host = match[1]!
  const port = match[2] === undefined ? undefined : Number(match[2])
  if (port !== undefined && port > 65_535) return undefined
  if (!bracketed) return { host, port, kind: IPV4.test(host) ? 'ipv4' : 'dns' }
  // The characters fit; whether the groups do is known to the URL parser.
  return URL.canParse(`http://[${host}]/`) ? { host, port, kind: 'ipv6' } : undefined
}

/** True for `host[:port]` with a DNS name, an IPv4 address or a bracketed IPv6 address. */
export function isServerName(value: unknown): value is ServerName {
  return parseServerName(value) !== undefined
}

/**
 * The server in an id: what follows the first `:`.
 * `undefined` for ids without one (event ids from room version 3, room ids of version 12) and for invalid names.
 */
export function serverNameOf(id: UserId | RoomAlias): ServerName
export function serverNameOf(id: string): ServerName | undefined
export function serverNameOf(id: string): ServerName | undefined {
  const colon = id.indexOf(':')
  if (colon === -1) return undefined
  const server = id.slice(colon + 1)
  return isServerName(server) ? server : undefined
}
