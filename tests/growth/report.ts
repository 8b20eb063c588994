import { markdown } from '../bench/report.ts'
import type { Growth } from './fit.ts'
import type { Result } from './measure.ts'

/** Exponents up to these are called flat: the fit, and the last step alone. */
const FLAT = { exponent: 0.3, atEnd: 0.5 }
/** Below this nobody tells a difference, and the clock hardly does. */
const NOTICED_MS = 0.3

export const count = (size: number): string => size.toLocaleString('en')
const figures = (values: readonly number[], digits: number) =>
  values.map((value) => (value >= 100 ? value.toFixed(0) : value.toFixed(digits))).join(' · ')
const isSteep = ({ exponent, atEnd }: Growth) => exponent > FLAT.exponent || atEnd > FLAT.atEnd

/** What grows although nobody asked for it: in time, and in what the server's or PostgreSQL's processes do for it. */
export function isSuspect({ isAskedFor, growth, ms, cpuMs, databaseMs }: Result): boolean {
  const grows = (of: Growth, costs: readonly number[]) =>
    isSteep(of) && costs.at(-1)! - costs[0]! >= NOTICED_MS
  if (isAskedFor || !grows(growth.ms, ms)) return false
  return grows(growth.cpuMs, cpuMs) || (databaseMs !== undefined && grows(growth.databaseMs!, databaseMs))
}

function remark(result: Result): string {
  if (isSuspect(result)) return '**grows**'
  if (result.isAskedFor) return `asked for; the answer ${result.growth.answerBytes.exponent.toFixed(2)}`
  return ''
}

/** A table of one dimension. */
export function table(results: readonly Result[]): string {
  return markdown(
    results.map((result) => ({
      operation: result.operation,
      'ms at each size': figures(result.ms, 1),
      'CPU ms': figures(result.cpuMs, 2),
      "PostgreSQL's CPU ms": result.databaseMs === undefined ? '' : figures(result.databaseMs, 2),
      growth: result.growth.ms.exponent.toFixed(2),
      'at the end': result.growth.ms.atEnd.toFixed(2),
      'growth of CPU': result.growth.cpuMs.exponent.toFixed(2),
      "of PostgreSQL's": result.growth.databaseMs?.exponent.toFixed(2) ?? '',
      '': remark(result),
    })),
  )
}
