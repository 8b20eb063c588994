import type { Each } from './each.ts'
import type { FloorMeasure } from './floor.ts'
import { type Measure, median, medianOf, spread } from './measure.ts'

/** A scenario's rounds at one target. */
export interface Result {
  scenario: string
  target: string
  rounds: Measure[]
  /** A round for each of `rounds`; none without `--floor`. */
  floor: FloorMeasure[]
  /** Where the scenario goes through several things. */
  each?: Each[]
}

export type Row = Record<string, string | number>

const fixed = (value: number | undefined, digits = 1) =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits)
const times = (value: number | undefined, other: number | undefined) =>
  value === undefined || other === undefined ? '' : `${(value / other).toFixed(value / other < 10 ? 1 : 0)}×`

/** A row for the table; ratios are against `base`, the first target's result of the same scenario. */
export function row(result: Result, base: Result | undefined): Row {
  const middle = medianOf(result.rounds)
  const [least, most] = spread(result.rounds.map((round) => round.perSecond))
  const baseMedian = base === undefined || base === result ? undefined : medianOf(base.rounds)
  return {
    scenario: result.scenario,
    target: result.target,
    'per s': fixed(middle.perSecond),
    '(least–most)': `${fixed(least)}–${fixed(most)}`,
    'p50 ms': fixed(middle.p50Ms, 2),
    'p95 ms': fixed(middle.p95Ms, 2),
    'p99 ms': fixed(middle.p99Ms, 2),
    'CPU ms/op': fixed(middle.cpuMsPerOperation, 3),
    'peak MiB': fixed(middle.peakMb, 0),
    errors: middle.errors,
    'first is faster by': times(baseMedian?.perSecond, middle.perSecond),
    'of bare http': ofFloor(result, 'http'),
    'of bare bcrypt': ofFloor(result, 'hashes'),
  }
}

/** The median of the rounds' shares: what else the machine did met both sides of a share. */
function ofFloor({ rounds, floor }: Result, kind: keyof FloorMeasure): string {
  const shares = floor.flatMap((each, i) => {
    const bare = each[kind]
    return bare === undefined ? [] : [(rounds[i]!.perSecond / bare.perSecond) * 100]
  })
  return shares.length === 0 ? '' : `${median(shares).toFixed(0)} %`
}

/** The same as a table for a page, columns without any figure left out. */
export function markdown(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => rows.some((each) => each[name] !== ''))
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((each) => line(columns.map((name) => each[name] ?? ''))),
  ].join('\n')
}
