import { canonicalJson } from '../src/canonical-json.ts'

/**
 * How long `canonicalJson` takes compared with `JSON.stringify` on the same event.
 * Budget: at most 2.5 times. Run: `node packages/protocol/bench/canonical-json.ts`.
 */

const HASH = 'AqFcYPC-0rQYGnLkp4kcJyqvhL3t0XpD7YvT2Nz_W8s'
const ids = (n: number, seed: string) =>
  Array.from({ length: n }, (_, i) => `$${seed}${i}${HASH}`.slice(0, 44))

function pdu(type: string, content: object, extra: object = {}) {
  return {
    type,
    sender: '@alice:matrix.example.org',
    room_id: `!${HASH}`,
    content,
    origin_server_ts: 1_732_000_000_000,
    depth: 12_345,
    prev_events: ids(1, 'p'),
    auth_events: ids(4, 'a'),
    hashes: { sha256: 'n2K6F2sYb5Fxq5rKq9fZQmXw0b1d3q2hWk3l0gV7Q8c' },
    signatures: {
      'matrix.example.org': { 'ed25519:a_XyZw': 'KxwGjPSDEtvnFgU00fwFz'.repeat(4).slice(0, 86) },
    },
    ...extra,
  }
}

const users = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [
    `@user${(i * 7919) % 1000}:server${i % 7}.example.org`,
    i % 3 === 0 ? 100 : 50,
  ]),
)

const events: Record<string, object> = {
  message: pdu('m.room.message', {
    msgtype: 'm.text',
    body: 'I think the second option is better: it keeps the index small, and a reader sees "why" at once.\nShall we?',
    'm.mentions': { user_ids: ['@bob:example.com'] },
  }),
  member: pdu(
    'm.room.member',
    {
      membership: 'join',
      displayname: 'Alice Liddell',
      avatar_url: 'mxc://matrix.example.org/SEsfnsuifSDFSSEF',
    },
    { state_key: '@alice:matrix.example.org' },
  ),
  encrypted: pdu('m.room.encrypted', {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: 'AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg'.repeat(14),
    session_id: 'X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ',
    sender_key: 'IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA',
    device_id: 'RJYKSTBOIE',
  }),
  power_levels: pdu(
    'm.room.power_levels',
    {
      users,
      users_default: 0,
      events: {
        'm.room.name': 50,
        'm.room.power_levels': 100,
        'm.room.tombstone': 100,
        'm.room.encryption': 100,
      },
      events_default: 0,
      state_default: 50,
      ban: 50,
      kick: 50,
      redact: 50,
      invite: 0,
      notifications: { room: 50 },
    },
    { state_key: '' },
  ),
}

const ROUNDS = 41
const PER_ROUND = 2_000

/** Nanoseconds a call, the median of rounds taken in turns so that a busy machine hurts both alike. */
function compare(a: () => string, b: () => string): [number, number] {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, run] of [a, b].entries()) {
      const start = process.hrtime.bigint()
      for (let n = 0; n < PER_ROUND; n++) consume(run())
      times[i]!.push(Number(process.hrtime.bigint() - start) / PER_ROUND)
    }
  }
  const median = (list: number[]) => list.sort((x, y) => x - y)[list.length >> 1]!
  return [median(times[0]), median(times[1])]
}

let consumed = 0
const sink = Buffer.allocUnsafe(65_536)
/** Writes the text out as hashing and sending do; a text built of parts is only joined when it is read. */
function consume(text: string): void {
  consumed += sink.write(text, 'latin1')
}

console.log('event          bytes  keys      stringify   canonical   ratio')
for (const [kind, event] of Object.entries(events)) {
  const sorted = JSON.parse(canonicalJson(event)) as object
  const unsorted = JSON.parse(JSON.stringify(event)) as object
  for (const [order, value] of Object.entries({ unsorted, sorted })) {
    const [plain, canonical] = compare(
      () => JSON.stringify(value),
      () => canonicalJson(value),
    )
    const bytes = Buffer.byteLength(canonicalJson(value))
    console.log(
      `${kind.padEnd(14)} ${String(bytes).padStart(5)}  ${order.padEnd(9)} ${plain.toFixed(0).padStart(6)} ns   ${canonical.toFixed(0).padStart(6)} ns   ${(canonical / plain).toFixed(2).padStart(5)}`,
    )
  }
}
if (consumed === 0) throw new Error('nothing was measured')
