import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'

/** The bridge all containers are plugged into, and this process's address on it. */
export const BRIDGE = 'cbr0'
export const GATEWAY = '10.77.0.1'
const DNS_PORT = 53
const ADDRESSES = 65_000

/** Runs a command; its output. Throws what it said when it fails. */
export function sh(...words: [string, ...string[]]): string {
  const { status, stdout, stderr, error } = spawnSync(words[0], words.slice(1), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr || error}`)
  return stdout
}

export function makeBridge(): void {
  sh('ip', 'link', 'set', 'lo', 'up')
  // A fixed hardware address: a bridge otherwise takes that of its lowest port, and changes it when that container stops.
  sh('ip', 'link', 'add', BRIDGE, 'address', '02:42:0a:4d:00:01', 'type', 'bridge')
  sh('ip', 'addr', 'add', `${GATEWAY}/16`, 'dev', BRIDGE)
  sh('ip', 'link', 'set', BRIDGE, 'up')
}

/** The hardware address follows from the IP address, so that what peers remember stays right across a restart. */
export const hardwareAddress = (ip: string) =>
  `02:42:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`

/** Gives out addresses of the bridge, none twice in a row. */
export class Addresses {
  #next = 0

  take(inUse: ReadonlySet<string>): string {
    for (let tried = 0; tried < ADDRESSES; tried++) {
      const number = 2 + ((this.#next + tried) % ADDRESSES)
      const ip = `10.77.${number >> 8}.${number & 255}`
      if ((number & 255) === 0 || (number & 255) === 255 || inUse.has(ip)) continue
      this.#next = number - 1
      return ip
    }
    throw new Error('no address left')
  }
}

/**
 * Tells containers the addresses of the names on their network. It knows no other name and no other record: whoever looks
 * for a server's delegation falls through at once.
 */
export class Names {
  readonly #namesFor: (ip: string) => ReadonlyMap<string, string>

  /** `namesFor` the container with this address. */
  constructor(namesFor: (ip: string) => ReadonlyMap<string, string>) {
    this.#namesFor = namesFor
  }

  listen(): Promise<void> {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => {
      const answer = this.#answer(message, from.address)
      if (answer !== undefined) socket.send(answer, from.port, from.address)
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(DNS_PORT, GATEWAY, resolve)
    })
  }

  /** RFC 1035: the question comes back, followed by an A record if there is one. */
  #answer(message: Buffer, asker: string): Buffer | undefined {
    if (message.length < 17) return undefined
    const labels: string[] = []
    let at = 12
    for (let length = message[at]!; length > 0 && at < message.length; length = message[at] ?? 0) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length))
      at += length + 1
    }
    const end = at + 5
    if (end > message.length) return undefined
    const isAddress = message.readUInt16BE(at + 1) === 1
    const ip = this.#namesFor(asker).get(labels.join('.').toLowerCase())
    const head = Buffer.from(message.subarray(0, end))
    const hasAnswer = ip !== undefined && isAddress
    head.writeUInt16BE(ip === undefined ? 0x8583 : 0x8580, 2) // NXDOMAIN, or no error
    head.writeUInt32BE(0x0001_0000 | (hasAnswer ? 1 : 0), 4)
    head.writeUInt32BE(0, 8)
    if (!hasAnswer) return head
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...ip.split('.').map(Number)]
    return Buffer.concat([head, Buffer.from(record)])
  }
}
