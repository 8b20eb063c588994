import type { FloorMeasure } from './floor.ts'
import { type Measure, medianOf, spread } from './measure.ts'

/** A scenario's rounds at one target. */
export interface Result {
  scenario: string
  target: string
  rounds: Measure[]
  floor?: FloorMeasure
}

const fixed = (value: number | undefined, digits = 1) =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits)
const times = (value: number | undefined, other: number | undefined) =>
  value === undefined || other === undefined ? '' : `${(value / other).toFixed(value / other < 10 ? 1 : 0)}×`

/** A row for the table; ratios are against `base`, the first target's result of the same scenario. */
export function row(result: Result, base: Result | undefined): Record<string, string | number> {
  const median = medianOf(result.rounds)
  const [least, most] = spread(result.rounds.map((round) => round.perSecond))
  const baseMedian = base === undefined || base === result ? undefined : medianOf(base.rounds)
  const { http, hashes } = result.floor ?? {}
  return {
    scenario: result.scenario,
    target: result.target,
    'per s': fixed(median.perSecond),
    '(least–most)': `${fixed(least)}–${fixed(most)}`,
    'p50 ms': fixed(median.p50Ms, 2),
    'p95 ms': fixed(median.p95Ms, 2),
    'p99 ms': fixed(median.p99Ms, 2),
    'CPU ms/op': fixed(median.cpuMsPerOperation, 3),
    'peak MiB': fixed(median.peakMb, 0),
    errors: median.errors,
    'first is faster by': times(baseMedian?.perSecond, median.perSecond),
    'of bare http': share(median.perSecond, http?.perSecond),
    'of bare bcrypt': share(median.perSecond, hashes?.perSecond),
  }
}

const share = (value: number, floor: number | undefined) =>
  floor === undefined ? '' : `${((value / floor) * 100).toFixed(0)} %`

/** The same as a table for a page, columns without any figure left out. */
export function markdown(rows: readonly Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => rows.some((each) => each[name] !== ''))
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((each) => line(columns.map((name) => each[name] ?? ''))),
  ].join('\n')
}
