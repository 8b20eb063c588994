/** `npm run soak [-- OPTIONS]`: many clients sync and send for a while; does the server stay as it was? */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { registerWithSecret, startRanvier } from '@ranvier/testkit'
import { memoryMb } from '../bench/process-use.ts'
import { slopeOf } from '../hard/slope.ts'
import { readLoopDelays } from './loop-delays.ts'
import { Person, type Tally } from './person.ts'

const HELP = `Half of the clients use /sync, half simplified sliding sync. Each is in two rooms of twenty, waits for news all the
time, and now and then writes, types and reads. Prints errors, messages that did not arrive, how long they took, and how
memory and the delay of the server's event loop went. Exit code 1 when something failed.

Usage: npm run soak [-- OPTIONS]

  --clients N      default 500
  --minutes N      default 10
  --every SECONDS  how often each client writes (default 60)
  --database D     sqlite (default) or postgres
  --help           this text`

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '60' },
    database: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', default: false },
  },
})
const CLIENTS_PER_ROOM = 20
const ROOMS_PER_CLIENT = 2
const SAMPLE_MS = 5_000
const SETTLE_MS = 30_000
const AT_ONCE = 10

if (values.help) console.log(HELP)
else process.exitCode = (await soak()) ? 0 : 1

async function soak(): Promise<boolean> {
  const count = Number(values.clients)
  const database = values.database === 'postgres' ? 'postgres' : 'sqlite'
  const loopFile = join(process.env['TMPDIR'] ?? '/tmp', `ranvier-soak-${process.pid}.jsonl`)
  const probe = new URL('./loop-probe.ts', import.meta.url)
  probe.searchParams.set('file', loopFile)
  await using server = await startRanvier({ database, nodeOptions: [`--import=${probe.href}`] })
  const tally: Tally = { sent: 0, received: 0, requests: 0, gaps: 0, latencies: [], errors: [] }
  const people: Person[] = []
  for (let i = 0; i < count; i += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, j) => i + j)
    const clients = names.map(async (n) => {
      const client = await registerWithSecret(server.url, server.registrationSecret, `soak${n}`, {
        admin: false,
      })
      return new Person(client, n % 2 === 0 ? 'sync' : 'sliding', tally)
    })
    people.push(...(await Promise.all(clients)))
  }
  await makeRooms(people)
  for (const person of people) await person.begin()
  console.log(
    `${count} clients in ${(count * ROOMS_PER_CLIENT) / CLIENTS_PER_ROOM} rooms, ${values.minutes} minutes`,
  )

  const begunMs = Date.now()
  const endMs = begunMs + Number(values.minutes) * 60_000
  const stopping = new AbortController()
  const memory: [minutes: number, mb: number][] = []
  const sampling = setInterval(() => {
    memory.push([(Date.now() - begunMs) / 60_000, memoryMb(server.pid).now])
  }, SAMPLE_MS)
  const running = people.map((person) => person.follow(stopping.signal))
  await Promise.all(people.map((person) => person.talk(endMs, Number(values.every) * 1_000)))
  const settledBy = Date.now() + SETTLE_MS
  while (tally.received < expected(tally) && Date.now() < settledBy)
    await new Promise((resolve) => setTimeout(resolve, 100))
  clearInterval(sampling)
  stopping.abort()
  await Promise.all(running)
  return report(tally, memory, readLoopDelays(loopFile), server.log)
}

/** Everybody in a room hears every message in it, the sender included. */
function expected({ sent }: Tally): number {
  return sent * CLIENTS_PER_ROOM
}

async function makeRooms(people: readonly Person[]): Promise<void> {
  for (let lap = 0; lap < ROOMS_PER_CLIENT; lap++)
    for (let i = 0; i < people.length; i += CLIENTS_PER_ROOM) {
      // The second time everybody meets others.
      const step = lap === 0 ? 1 : people.length / CLIENTS_PER_ROOM
      const first = lap === 0 ? i : i / CLIENTS_PER_ROOM
      const members = Array.from(
        { length: CLIENTS_PER_ROOM },
        (_, j) => people[(first + j * step) % people.length]!,
      )
      const [owner, ...others] = members
      const roomId = await owner!.client.createRoom({ preset: 'public_chat', name: `Room ${lap}/${i}` })
      await Promise.all(others.map((person) => person.client.join(roomId)))
      for (const person of members) person.rooms.push(roomId)
    }
}

function report(
  tally: Tally,
  memory: readonly (readonly [number, number])[],
  delays: { p99Ms: number; maxMs: number },
  log: readonly string[],
): boolean {
  const missing = expected(tally) - tally.received
  const latencies = tally.latencies.toSorted((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  const logged = log.filter((line) => /"level":[56]0/.test(line))
  // The first half fills caches.
  const half = memory.slice(Math.floor(memory.length / 2))
  console.log(`requests   ${tally.requests}, ${tally.sent} messages sent, ${tally.received} received`)
  console.log(`missing    ${missing}; ${tally.gaps} timelines had a gap`)
  console.log(`arrival    ${at(0.5)} ms median, ${at(0.99)} ms p99`)
  console.log(`memory     ${memory[0]?.[1].toFixed(0)} MB first, ${memory.at(-1)?.[1].toFixed(0)} MB last`)
  console.log(`slope      ${slopeOf(half).toFixed(2)} MB a minute in the second half`)
  console.log(
    `loop       ${delays.p99Ms.toFixed(1)} ms p99 at the worst of any 5 s, ${delays.maxMs.toFixed(1)} ms longest`,
  )
  console.log(`errors     ${tally.errors.length} of clients, ${logged.length} logged`)
  for (const error of [...tally.errors, ...logged].slice(0, 10)) console.log(`  ${error}`)
  return missing === 0 && tally.errors.length + logged.length === 0
}
