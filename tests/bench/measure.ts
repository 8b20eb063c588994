import { cpuMs, forgetPeak, memoryMb } from './process-use.ts'

/** What happened in one round. Times are of single operations, in milliseconds. */
export interface Timings {
  times: number[]
  errors: number
  /** How long the round took, all lanes together. */
  wallMs: number
  /** Which of several things each of `times` was about, where a round goes through several. */
  which?: number[]
}

/** How long a round is: some seconds, so many operations of each lane, or while something goes on. */
export type Bound = { seconds: number } | { each: number } | { while: () => boolean }

export interface Measure {
  operations: number
  errors: number
  perSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** Of the server's process; `undefined` where it is not known, or where that did other things meanwhile. */
  cpuMsPerOperation: number | undefined
  peakMb: number | undefined
}

let shown = 0

/** Runs `lanes` side by side, each one operation after another; `which` tells what one is about. */
export async function lanes(
  count: number,
  bound: Bound,
  operation: (lane: number, n: number) => Promise<unknown>,
  which?: (lane: number, n: number) => number,
): Promise<Timings> {
  const times: number[] = []
  const about: number[] = []
  let errors = 0
  const began = performance.now()
  const goesOn = (n: number) => {
    if ('each' in bound) return n < bound.each
    return 'while' in bound ? bound.while() : performance.now() - began < bound.seconds * 1_000
  }
  await Promise.all(
    Array.from({ length: count }, async (_, lane) => {
      for (let n = 0; goesOn(n); n++) {
        const at = performance.now()
        try {
          await operation(lane, n)
          times.push(performance.now() - at)
          if (which !== undefined) about.push(which(lane, n))
        } catch (error) {
          errors++
          if (shown++ < 10) console.error(error instanceof Error ? error.message : error)
        }
      }
    }),
  )
  const wallMs = performance.now() - began
  return { times, errors, wallMs, ...(which !== undefined && { which: about }) }
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
  const { times: unsorted, errors, wallMs } = await round()
  const used = pid === undefined ? undefined : cpuMs(pid) - before
  const times = sorted(unsorted)
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

/** The least of the values that at least so large a part of them does not exceed. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN
}

export const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

/** The middle one; of an even number, what lies between the two. */
export function median(values: readonly number[]): number {
  const all = sorted(values)
  const half = all.length / 2
  return (all[Math.ceil(half) - 1]! + all[Math.floor(half)]!) / 2
}

/** The median of every figure over the rounds; errors are added up. */
export function medianOf(rounds: readonly Measure[]): Measure {
  const of = (pick: (round: Measure) => number) => median(rounds.map(pick))
  /** `undefined` where it is not known of all rounds. */
  const ifKnown = (pick: (round: Measure) => number | undefined, all: (values: number[]) => number) => {
    const values = rounds.map(pick).filter((value) => value !== undefined)
    return values.length < rounds.length ? undefined : all(values)
  }
  return {
    operations: of((round) => round.operations),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    perSecond: of((round) => round.perSecond),
    p50Ms: of((round) => round.p50Ms),
    p95Ms: of((round) => round.p95Ms),
    p99Ms: of((round) => round.p99Ms),
    cpuMsPerOperation: ifKnown((round) => round.cpuMsPerOperation, median),
    peakMb: ifKnown(
      (round) => round.peakMb,
      (values) => Math.max(...values),
    ),
  }
}

/** The least and the most of a figure over the rounds. */
export const spread = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
]
