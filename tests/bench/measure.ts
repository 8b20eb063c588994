import { cpuMs, forgetPeak, memoryMb } from './process-use.ts'

/** What happened in one round. Times are of single operations, in milliseconds. */
export interface Timings {
  times: number[]
  errors: number
  /** How long the round took, all lanes together. */
  wallMs: number
}

export interface Measure {
  operations: number
  errors: number
  perSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** Of the server's process; `undefined` where it is not known. */
  cpuMsPerOperation: number | undefined
  peakMb: number | undefined
}

let shown = 0

/** Runs `lanes` side by side, each one operation after another, for some seconds or `each` times. */
export async function lanes(
  count: number,
  bound: { seconds: number } | { each: number },
  operation: (lane: number, n: number) => Promise<unknown>,
): Promise<Timings> {
  const times: number[] = []
  let errors = 0
  const began = performance.now()
  const goesOn = (n: number) =>
    'each' in bound ? n < bound.each : performance.now() - began < bound.seconds * 1_000
  await Promise.all(
    Array.from({ length: count }, async (_, lane) => {
      for (let n = 0; goesOn(n); n++) {
        const at = performance.now()
        try {
          await operation(lane, n)
          times.push(performance.now() - at)
        } catch (error) {
          errors++
          if (shown++ < 10) console.error(error instanceof Error ? error.message : error)
        }
      }
    }),
  )
  return { times, errors, wallMs: performance.now() - began }
}

/** For operations that tell their own time, which leaves out what they prepare. */
export async function ownTimes(
  bound: { seconds: number },
  operation: () => Promise<number>,
): Promise<Timings> {
  const times: number[] = []
  const whole = await lanes(1, bound, async () => void times.push(await operation()))
  return { times, errors: whole.errors, wallMs: times.reduce((sum, ms) => sum + ms, 0) }
}

/** Runs a round beside the accounts of the server's process. */
export async function measured(pid: number | undefined, round: () => Promise<Timings>): Promise<Measure> {
  if (pid !== undefined) forgetPeak(pid)
  const before = pid === undefined ? 0 : cpuMs(pid)
  const { times, errors, wallMs } = await round()
  const used = pid === undefined ? undefined : cpuMs(pid) - before
  times.sort((a, b) => a - b)
  return {
    operations: times.length,
    errors,
    perSecond: (times.length / wallMs) * 1_000,
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    p99Ms: quantile(times, 0.99),
    cpuMsPerOperation: used === undefined ? undefined : used / times.length,
    peakMb: pid === undefined ? undefined : memoryMb(pid).peak,
  }
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b)

export const median = (values: readonly number[]): number => quantile(sorted(values), 0.5)

/** The median of every figure over the rounds; errors are added up. */
export function medianOf(rounds: readonly Measure[]): Measure {
  const of = (pick: (round: Measure) => number) => median(rounds.map(pick))
  const known = rounds.every((round) => round.cpuMsPerOperation !== undefined)
  return {
    operations: of((round) => round.operations),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    perSecond: of((round) => round.perSecond),
    p50Ms: of((round) => round.p50Ms),
    p95Ms: of((round) => round.p95Ms),
    p99Ms: of((round) => round.p99Ms),
    cpuMsPerOperation: known ? of((round) => round.cpuMsPerOperation!) : undefined,
    peakMb: known ? Math.max(...rounds.map((round) => round.peakMb!)) : undefined,
  }
}

/** The least and the most of a figure over the rounds. */
export const spread = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
]
