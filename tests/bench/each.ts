import { quantile, sorted, type Timings } from './measure.ts'
import type { Row } from './report.ts'

/** One of the things that a scenario goes through, over all its rounds: of a single round they are too few. */
export interface Each {
  what: string
  asked: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** What is told of each of `names`, after all rounds: while they are measured only its number is noted. */
export function eachOfRounds(names: readonly string[], rounds: readonly Timings[]): Each[] {
  const times = names.map((): number[] => [])
  for (const round of rounds)
    for (const [i, which] of round.which!.entries()) times[which]!.push(round.times[i]!)
  return names.map((what, i) => {
    const all = sorted(times[i]!)
    return {
      what,
      asked: all.length,
      p50Ms: quantile(all, 0.5),
      p95Ms: quantile(all, 0.95),
      p99Ms: quantile(all, 0.99),
    }
  })
}

/** A row for each of them, the targets side by side. */
export function eachRows(
  results: readonly { scenario: string; target: string; each?: readonly Each[] }[],
): Row[] {
  const [first] = results
  return (first?.each ?? []).map(({ what }, i) => {
    const row: Row = { scenario: first!.scenario, what }
    for (const { target, each } of results) {
      const { asked, ...times } = each![i]!
      row[`${target}: asked`] = asked
      for (const [name, q] of [
        ['p50', times.p50Ms],
        ['p95', times.p95Ms],
        ['p99', times.p99Ms],
      ] as const)
        row[name === 'p50' ? `${target}: ms ${name}` : `${target}: ${name}`] = Number.isNaN(q)
          ? ''
          : q.toFixed(2)
    }
    return row
  })
}
