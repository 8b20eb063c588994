import type { Deliveries } from './deliveries.ts'
import { type Sample, slope, valleys } from './samples.ts'

/** What one soak came to. */
export interface Result {
  database: string
  clients: number
  minutes: number
  requests: number
  /** Timelines that left something out. */
  gaps: number
  deliveries: Deliveries
  samples: readonly Sample[]
  /** Programs that wanted a processor, on average of the last minute, and how many there are. */
  load: { average: number; processors: number }
  /** Of the clients, and what the server logged as an error. */
  errors: readonly string[]
}

/** `docs`: event-loop delay under load stays below this, at the 99th percentile. */
export const LOOP_P99_BUDGET_MS = 50
const LATE_BUDGET = 0.01
/** More than this a minute in the second half, after collections, is a leak: 1.4 GB in a day. */
export const HEAP_BUDGET_MB_PER_MINUTE = 1
const STRETCH_MS = 30_000

/** What was measured, and what of it should not be so. */
export function judge(result: Result): { figures: Record<string, string>; problems: string[] } {
  const { deliveries, samples, errors } = result
  // The first half fills caches.
  const half = samples.slice(Math.floor(samples.length / 2))
  const heapSlope = slope(valleys(half, 'heapMb', STRETCH_MS), 'heapMb')
  const total = (of: 'looks' | 'lateLooks') => samples.reduce((sum, each) => sum + each[of], 0)
  const lateShare = total('lateLooks') / total('looks')
  const missing = deliveries.missing()
  const disordered = deliveries.disordered()
  const problems = [...errors]
  if (samples.length === 0) problems.push('the server was not measured')
  if (deliveries.sentCount === 0) problems.push('nothing was sent')
  if (missing > 0) problems.push(`${missing} messages did not reach a member`)
  if (disordered > 0) problems.push(`${disordered} members heard a room in another order`)
  if (deliveries.repeated > 0) problems.push(`${deliveries.repeated} messages were told twice`)
  if (lateShare > LATE_BUDGET)
    problems.push(
      `the event loop was late by more than ${LOOP_P99_BUDGET_MS} ms ${percent(lateShare)} of the time`,
    )
  if (heapSlope > HEAP_BUDGET_MB_PER_MINUTE)
    problems.push(`the heap grows ${heapSlope.toFixed(1)} MB a minute`)

  const arrival = percentiles(deliveries.latencies)
  const p99 = percentiles(samples.map(({ p99Ms }) => p99Ms))
  const withWait = percentiles(samples.map(({ withWaitP99Ms }) => withWaitP99Ms))
  const longestMs = Math.max(...samples.map(({ maxMs }) => maxMs))
  const figures = {
    Database: result.database,
    Clients: String(result.clients),
    Minutes: String(result.minutes),
    'Load of the machine': `${result.load.average.toFixed(1)} on ${result.load.processors} processors`,
    Requests: count(result.requests),
    'Messages sent': count(deliveries.sentCount),
    Heard: count(deliveries.heardCount),
    'Not heard, twice, out of order': `${missing}, ${deliveries.repeated}, ${disordered}`,
    'Timelines with gaps': count(result.gaps),
    'Arrival, ms: median, p99, longest': `${arrival(0.5)}, ${arrival(0.99)}, ${arrival(1)}`,
    'Loop delay, ms: p99 of 5 s median, worst; longest': `${p99(0.5)}, ${p99(1)}; ${longestMs.toFixed(0)}`,
    'The same with waiting for a processor: median, worst': `${withWait(0.5)}, ${withWait(1)}`,
    'Late by more than the budget': percent(lateShare),
    'Resident MB: first, last': `${samples[0]?.rssMb.toFixed(0)}, ${samples.at(-1)?.rssMb.toFixed(0)}`,
    'MB a minute in the second half: heap, resident': `${heapSlope.toFixed(2)}, ${slope(half, 'rssMb').toFixed(2)}`,
    Errors: count(errors.length),
  }
  return { figures, problems }
}

/** A page about the runs: a row for each figure, a column for each run. */
export function page(runs: readonly Record<string, string>[], problems: readonly string[]): string {
  const rows = Object.keys(runs[0] ?? {}).map(
    (name) => `| ${name} | ${runs.map((run) => run[name]).join(' | ')} |`,
  )
  const [head, ...body] = rows
  return `# Soak

\`npm run soak\` lets many clients sync and send at a server for ten minutes and writes this page. Half of them use \`/sync\`, half simplified
sliding sync. Each is in two rooms of twenty and writes about once a minute, with typing and receipts. Clients, server and
database shared a machine of two cores with other work. Caches have a tenth of their usual size, so that they
are full before the second half. It fails when a member misses a message, hears it twice or in another order
than the others, when a client or the server's log has an error, when the event loop is late by more than ${LOOP_P99_BUDGET_MS} ms more
than ${percent(LATE_BUDGET)} of the time (without the time in which other programs had the processor), or when what the heap holds after collections grows by more than ${HEAP_BUDGET_MB_PER_MINUTE} MB a minute in the second half.

${head}
| --- | ${runs.map(() => '---').join(' | ')} |
${body.join('\n')}

${problems.length === 0 ? 'Nothing failed.' : `What failed:\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`}
`
}

function percentiles(values: readonly number[]): (share: number) => string {
  const sorted = values.toSorted((a, b) => a - b)
  return (share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`
const count = (value: number) => value.toLocaleString('en')
