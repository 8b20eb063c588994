import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { registerWithSecret, startRanvier } from '@ranvier/testkit'
import { Heap } from '../hard/heap.ts'
import { Deliveries } from './deliveries.ts'
import { Person, type Tally } from './person.ts'
import type { Result } from './report.ts'
import { readSamples } from './samples.ts'

const CACHE_FACTOR = 0.1

export interface SoakOptions {
  database: 'sqlite' | 'postgres'
  clients: number
  minutes: number
  /** About how often each client writes. */
  everyMs: number
  /** A folder for `DATABASE-half.heapsnapshot` and `DATABASE-end.heapsnapshot`, see `tests/hard/snapshots.ts`. */
  snapshots: string | undefined
}

const CLIENTS_PER_ROOM = 20
const ROOMS_PER_CLIENT = 2
const SETTLE_MS = 30_000
const AT_ONCE = 10

/** Starts a server, lets clients use it for so long, and tells what came of it. */
export async function soak({ database, clients, minutes, everyMs, snapshots }: SoakOptions): Promise<Result> {
  const samplesFile = join(process.env['TMPDIR'] ?? '/tmp', `ranvier-soak-${process.pid}.jsonl`)
  const probe = new URL('./loop-probe.ts', import.meta.url)
  probe.searchParams.set('file', samplesFile)
  await using server = await startRanvier({
    database,
    nodeOptions: [`--import=${probe.href}`, ...(snapshots === undefined ? [] : ['--inspect=127.0.0.1:0'])],
    // At their usual size caches go on filling for longer than this lasts: that would look like a leak.
    configOverrides: { limits: { cache_factor: CACHE_FACTOR } },
  })
  const tally: Tally = { deliveries: new Deliveries(), requests: 0, gaps: 0, errors: [] }
  const people: Person[] = []
  for (let i = 0; i < clients; i += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, clients - i) }, (_, j) => i + j)
    const made = numbers.map(async (n) => {
      const name = `soak${n}`
      const client = await registerWithSecret(server.url, server.registrationSecret, name, { admin: false })
      return new Person(client, n % 2 === 0 ? 'sync' : 'sliding', tally)
    })
    people.push(...(await Promise.all(made)))
  }
  await makeRooms(people, tally.deliveries)
  for (const person of people) await person.begin()
  console.log(
    `${database}: ${clients} clients in ${people.length / (CLIENTS_PER_ROOM / ROOMS_PER_CLIENT)} rooms`,
  )

  const heap = snapshots === undefined ? undefined : await Heap.of(server)
  const write = (when: string) => heap?.writeSnapshot(join(snapshots!, `${database}-${when}.heapsnapshot`))
  const begunMs = Date.now()
  const endMs = begunMs + minutes * 60_000
  const stopping = new AbortController()
  const listening = people.map((person) => person.follow(stopping.signal))
  const half = setTimeout(() => void write('half'), (minutes * 60_000) / 2)
  await Promise.all(people.map((person) => person.talk(endMs, everyMs)))
  clearTimeout(half)
  await write('end')
  heap?.close()
  const load = { average: loadavg()[0]!, processors: availableParallelism() }
  const settledBy = Date.now() + SETTLE_MS
  while (tally.deliveries.missing() > 0 && Date.now() < settledBy)
    await new Promise((resolve) => setTimeout(resolve, 500))
  stopping.abort()
  await Promise.all(listening)
  const logged = server.log.filter((line) => /"level":[56]0/.test(line))
  const samples = readSamples(samplesFile, begunMs, endMs)
  return { database, clients, minutes, ...tally, samples, load, errors: [...tally.errors, ...logged] }
}

async function makeRooms(people: readonly Person[], deliveries: Deliveries): Promise<void> {
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
      deliveries.addRoom(
        roomId,
        members.map((person) => person.client.userId),
      )
    }
}
