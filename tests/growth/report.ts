import { markdown } from '../bench/report.ts'
import type { Growth } from './fit.ts'
import type { Result } from './measure.ts'

/** Exponents up to these are called flat: the fit, and the last step alone where the fit is not below `rising`. */
interface Flat extends Growth {
  rising: number
}
/** Of CPU time. */
const FLAT: Flat = { exponent: 0.2, atEnd: 0.25, rising: 0.1 }
/** Of time, to which all adds what runs beside it. */
const FLAT_TIME: Flat = { exponent: 0.3, atEnd: 0.5, rising: 0.15 }
/** Below this nobody tells a difference, and the clock hardly does. */
const NOTICED_MS = 0.3

export const count = (size: number): string => size.toLocaleString('en')
const figures = (values: readonly number[], digits: number) =>
  values.map((value) => (value >= 100 ? value.toFixed(0) : value.toFixed(digits))).join(' · ')

function grows(growth: Growth | undefined, costs: readonly number[] | undefined, flat: Flat): boolean {
  if (growth === undefined || costs === undefined || costs.at(-1)! - costs[0]! < NOTICED_MS) return false
  const { exponent, atEnd } = growth
  return exponent > flat.exponent || (exponent > flat.rising && atEnd > flat.atEnd)
}

/**
 * What grows although nobody asked for it: the work for the answer, on our side or PostgreSQL's, the time until it is there, or
 * the work around it. The last two are also dearer when the machine has other things to do.
 */
export function suspicion({ isAskedFor, growth, ...costs }: Result): string | undefined {
  if (isAskedFor) return undefined
  if (grows(growth.cpuMs, costs.cpuMs, FLAT) || grows(growth.databaseMs, costs.databaseMs, FLAT))
    return '**grows**'
  if (grows(growth.ms, costs.ms, FLAT_TIME)) return 'time alone'
  return grows(growth.aroundMs, costs.aroundMs, FLAT_TIME)
    ? `around it: ${figures(costs.aroundMs, 1)} ms of CPU`
    : undefined
}

function remark(result: Result): string {
  if (result.isAskedFor) return `asked for; the answer ${result.growth.answerBytes.exponent.toFixed(2)}`
  return suspicion(result) ?? ''
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
