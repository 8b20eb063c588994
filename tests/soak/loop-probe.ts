/**
 * Loaded into the server under test: writes the delay of its event loop and its memory to a file, every five seconds. Of a
 * delay its own is what the loop's thread worked meanwhile; the rest it waited for a processor that others had.
 */
import { appendFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'

const file = new URL(import.meta.url).searchParams.get('file')!
const INTERVAL_MS = 5_000
const RESOLUTION_MS = 10
const MB = 2 ** 20
const US = 1_000
/** `LOOP_P99_BUDGET_MS` of `report.ts`. */
const BUDGET_MS = 50
let looks = 0
let lateLooks = 0
const own = createHistogram()
const all = createHistogram()

/** For how long the loop's thread has worked, ms. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / US
}

let before = performance.now()
let worked = workedMs()
setInterval(() => {
  const now = performance.now()
  const lateMs = Math.max(0, now - before - RESOLUTION_MS)
  const workedNow = workedMs()
  all.record(Math.ceil(lateMs * US) + 1) // a histogram knows no zero
  const ownMs = Math.min(lateMs, workedNow - worked)
  own.record(Math.ceil(ownMs * US) + 1)
  looks++
  if (ownMs > BUDGET_MS) lateLooks++
  before = now
  worked = workedNow
}, RESOLUTION_MS).unref()

setInterval(() => {
  const { rss, heapUsed, external } = process.memoryUsage()
  const line = {
    ts: Date.now(),
    p99Ms: own.percentile(99) / US,
    maxMs: own.max / US,
    withWaitP99Ms: all.percentile(99) / US,
    looks,
    lateLooks,
    rssMb: rss / MB,
    heapMb: heapUsed / MB,
    externalMb: external / MB,
  }
  appendFileSync(file, `${JSON.stringify(line)}\n`)
  looks = lateLooks = 0
  own.reset()
  all.reset()
}, INTERVAL_MS).unref()
