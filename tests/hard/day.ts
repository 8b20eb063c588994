import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Dialect } from '@ranvier/storage'
import { startRanvier } from '@ranvier/testkit'
import { memoryMb } from '../bench/process-use.ts'
import { roomsOf } from '../crash/workload.ts'
import { Random } from '../fuzz/random.ts'
import { type Day, listen, live, makePictures, whileAllRest } from './day-people.ts'
import { Heap } from './heap.ts'
import type { Outcome } from './scenario.ts'
import { slopeOf } from './slope.ts'

const PEOPLE = 30
const LISTENERS = 20
const ROOMS = 12
const PICTURES = 10
const DAY_MS = 24 * 3_600_000
const SAMPLES = 40
/** Caches that are full after a minute: what grows afterwards is no cache. */
const CACHE_FACTOR = 0.05
/** Until then caches fill, code is compiled and the heap finds its size. */
const SETTLED_SHARE = 0.4
/** After which samples a snapshot is written: the first has in it what the making of one leaves, compare the others. */
const SNAPSHOTS = new Map([
  [SETTLED_SHARE * SAMPLES, 'settled'],
  [Math.floor(((1 + SETTLED_SHARE) / 2) * SAMPLES), 'later'],
  [SAMPLES - 1, 'end'],
])
const MIB = 1_048_576
const REQUESTS = 100_000
/** Of the heap without compiled code: every function is compiled once it is busy, a rare one after days. */
const MAX_HEAP_MIB = 1
/** 1.8 were seen between 45,000 and 110,000 requests. */
const MAX_CODE_MIB = 3
const MAX_RSS_MIB = 8

interface Sample {
  hours: number
  requests: number
  heapMib: number
  /** Of the heap. */
  codeMib: number
  rssMib: number
}

export interface DayOptions {
  minutes: number
  /** A folder for `DATABASE-settled.heapsnapshot`, `-later` and `-end`, see `snapshots.ts`. */
  snapshots: string | undefined
}

/** A day of full load, with a clock that goes so much faster: what memory does while everything else goes on. */
export async function runDay(database: Dialect, { minutes, snapshots }: DayOptions): Promise<Outcome> {
  await using server = await startRanvier({
    database,
    testClock: true,
    nodeOptions: ['--inspect=127.0.0.1:0'],
    configOverrides: { limits: { cache_factor: CACHE_FACTOR, shadow_ban_delay: 0 } },
  })
  const heap = await Heap.of(server)
  const admin = await server.registerAdmin()
  const people = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => server.register(`person${i}`)))
  const ending = new AbortController()
  const day: Day = {
    server,
    admin,
    people,
    rooms: await roomsOf(admin, people, ROOMS),
    pictures: await makePictures(PICTURES),
    random: new Random('a day'),
    events: [],
    files: [],
    errors: [],
    signal: ending.signal,
    rest: undefined,
    active: 0,
  }
  let requests = 0
  const count = () => void requests++
  subscribe('undici:request:create', count)
  const busy = [
    ...people.map((person) => live(day, person)),
    ...people.slice(0, LISTENERS).map((person) => listen(day, person)),
  ]
  const samples: Sample[] = []
  const halfMs = (minutes * 60_000) / SAMPLES / 2
  const beganMs = performance.now()
  for (let i = 0; i < SAMPLES; i++) {
    // After more than half an hour caches are swept, and who is quiet is noted: what is left, and grows, nobody forgets.
    await wait(halfMs)
    server.advanceClock(DAY_MS / SAMPLES)
    await wait(halfMs)
    const rssMib = memoryMb(server.pid).now
    const moment = SNAPSHOTS.get(i)
    const [heapMib, codeMib] = await whileAllRest(day, async () => {
      const used = [await heap.usedBytes(), await heap.codeBytes()]
      if (snapshots !== undefined && moment !== undefined)
        await heap.writeSnapshot(join(snapshots, `${database}-${moment}.heapsnapshot`))
      return used.map((bytes) => bytes / MIB) as [number, number]
    })
    samples.push({ hours: (performance.now() - beganMs) / 3_600_000, requests, heapMib, codeMib, rssMib })
    console.log(
      `     ${requests} requests, heap ${heapMib.toFixed(1)} MiB, of it code ${codeMib.toFixed(1)}, resident ${rssMib.toFixed(0)} MiB`,
    )
  }
  ending.abort()
  await Promise.all(busy)
  unsubscribe('undici:request:create', count)
  heap.close()
  return outcomeOf(samples, day.errors, await server.stop())
}

function outcomeOf(samples: readonly Sample[], errors: readonly string[], exitCode: number | null): Outcome {
  const settled = samples.slice(Math.floor(samples.length * SETTLED_SHARE))
  const slopes = (value: (one: Sample) => number) => {
    const per = (of: 'hours' | 'requests') => slopeOf(settled.map((one) => [one[of], value(one)]))
    return { perHour: per('hours'), perRequests: per('requests') * REQUESTS }
  }
  const dataMib = ({ heapMib, codeMib }: Sample) => heapMib - codeMib
  const heap = slopes(dataMib)
  const code = slopes(({ codeMib }) => codeMib)
  const rss = slopes(({ rssMib }) => rssMib)
  const [first, last] = [settled[0]!, settled.at(-1)!]
  const told = (one: typeof heap) =>
    `${one.perHour.toFixed(1)} MiB/h, ${one.perRequests.toFixed(2)} MiB per ${REQUESTS} requests`
  const facts = `${last.requests} requests in ${Math.round(last.hours * 60)} minutes, in which 24 hours passed; heap without compiled code ${dataMib(first).toFixed(1)} to ${dataMib(last).toFixed(1)} MiB (${told(heap)}), compiled code ${first.codeMib.toFixed(1)} to ${last.codeMib.toFixed(1)} MiB (${told(code)}), resident ${first.rssMib.toFixed(0)} to ${last.rssMib.toFixed(0)} MiB (${told(rss)})`
  return {
    facts,
    problems: [
      ...errors.slice(0, 20),
      ...(heap.perRequests > MAX_HEAP_MIB ? ['the heap grows'] : []),
      ...(code.perRequests > MAX_CODE_MIB ? ['compiled code grows'] : []),
      ...(rss.perRequests > MAX_RSS_MIB ? ['memory grows'] : []),
      ...(exitCode === 0 ? [] : ['the server did not stop in order']),
    ],
  }
}
