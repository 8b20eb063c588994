/** Loaded into the server under test: writes the delay of its event loop to a file, in pieces of five seconds. */
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const file = new URL(import.meta.url).searchParams.get('file')!
const INTERVAL_MS = 5_000
const RESOLUTION_MS = 10
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
setInterval(() => {
  const ms = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS)
  const line = { ts: Date.now(), p99Ms: ms(delays.percentile(99)), maxMs: ms(delays.max) }
  appendFileSync(file, `${JSON.stringify(line)}\n`)
  delays.reset()
}, INTERVAL_MS).unref()
