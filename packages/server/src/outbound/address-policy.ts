import { BlockList, isIP } from 'node:net'

/** Ranges as `10.0.0.0/8`, `fe80::/10` or single addresses. What is allowed is allowed even where it is blocked. */
export interface AddressRanges {
  blocked: readonly string[]
  allowed: readonly string[]
}

/**
 * Addresses that are not out there: this machine, networks behind it, documentation, multicast.
 * Source: the IANA special-purpose address registries. Synapse: `ip_range_blacklist`
 */
export const DEFAULT_BLOCKED_RANGES: readonly string[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::1/128',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

/** "This host" reaches this machine whatever is configured, so only `allowed` can open it. */
const ALWAYS_BLOCKED = ['0.0.0.0/8', '::/128']

/** Which addresses the server may connect to on behalf of others. */
export class AddressPolicy {
  readonly #blocked: BlockList
  readonly #allowed: BlockList

  /** Throws a `RangeError` that names the range which is none. */
  constructor({ blocked, allowed }: AddressRanges) {
    this.#blocked = blockListOf([...ALWAYS_BLOCKED, ...blocked])
    this.#allowed = blockListOf(allowed)
  }

  allows(address: string): boolean {
    const plain = address.split('%')[0]! // an IPv6 address may name its network interface
    const family = isIP(plain)
    if (family === 0) return false
    // An IPv6 address that carries an IPv4 address leads there, by mapping or through a gateway.
    const embedded = family === 6 ? embeddedIpv4(plain) : undefined
    const forms = embedded === undefined ? [plain] : [plain, embedded]
    if (forms.some((form) => isIn(this.#allowed, form))) return true
    return !forms.some((form) => isIn(this.#blocked, form))
  }
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix, ...rest] = range.trim().split('/')
    const family = isIP(network)
    const widest = family === 6 ? 128 : 32
    const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
    if (family === 0 || rest.length > 0 || !(bits <= widest))
      throw new RangeError(`'${range}' is not a range of addresses such as 10.0.0.0/8 or fe80::/10`)
    list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/** The IPv4 address within an IPv6 one: mapped, compatible (`::/96`), NAT64 (`64:ff9b::/96`), 6to4 (`2002::/16`). */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address)
  const head = groups.slice(0, 6)
  const isZero = (part: readonly number[]) => part.every((group) => group === 0)
  if (groups[0] === 0x2002) return dotted(groups[1]!, groups[2]!)
  const isMapped = isZero(head.slice(0, 5)) && (head[5] === 0xffff || head[5] === 0)
  const isNat64 = head[0] === 0x64 && head[1] === 0xff9b && isZero(head.slice(2))
  return isMapped || isNat64 ? dotted(groups[6]!, groups[7]!) : undefined
}

function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1) // hexadecimal throughout
  const [left = '', right] = canonical.split('::')
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const head = parse(left)
  const tail = parse(right ?? '')
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
