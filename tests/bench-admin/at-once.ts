import { ask, call } from '../bench/call.ts'
import { lanes, type Measure, measured, medianOf, spread } from '../bench/measure.ts'
import { markdown } from '../bench/report.ts'
import { callOf, entriesIn, type PageGroup } from './compare.ts'
import type { ListedServer } from './sides.ts'

/** What one server did with the pages of a group. */
export interface AtOnceResult {
  pages: string
  server: ListedServer
  /** What a page shows, on average. */
  entries: number
  rounds: Measure[]
}

/**
 * Both servers in turns, round by round: so many requests are under way at any time, for pages of the group one after another.
 * Where a round is too short for all pages, the next one goes on behind them.
 */
export async function measureAtOnce(
  group: PageGroup<ListedServer>,
  servers: readonly ListedServer[],
  { atOnce, rounds, seconds }: { atOnce: number; rounds: number; seconds: number },
): Promise<AtOnceResult[]> {
  const results: AtOnceResult[] = []
  for (const server of servers)
    results.push({ pages: group.name, server, entries: await entriesOf(group, server), rounds: [] })
  const asked = servers.map(() => 0)
  const next = (of: number) => {
    const n = asked[of]!++
    const page = group.pages[n % group.pages.length]!
    return callOf(servers[of]!, page(servers[of]!, Math.floor(n / group.pages.length) + 1))
  }
  const inOrder = [...servers.entries()]
  for (let round = 0; round <= rounds; round++)
    // What the one before leaves to do goes to the account of the next: each is the first one in turn.
    for (const [i, { pid }] of round % 2 === 0 ? inOrder : inOrder.toReversed()) {
      const measure = await measured(pid, () => lanes(atOnce, { seconds }, () => ask(next(i))))
      if (round > 0) results[i]!.rounds.push(measure) // the first one warms caches and the compiler
    }
  return results
}

async function entriesOf({ pages }: PageGroup<ListedServer>, server: ListedServer): Promise<number> {
  let entries = 0
  for (const page of pages) entries += entriesIn(await call(callOf(server, page(server, 0))))
  return entries / pages.length
}

const fixed = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

/** How many times as many pages a second the first server answers as another one. */
const timesAsMany = (first: AtOnceResult, other: AtOnceResult) =>
  medianOf(first.rounds).perSecond / medianOf(other.rounds).perSecond

/** Two lines for each group; in the end the geometric mean of all ratios. */
export function reportAtOnce(results: readonly (readonly AtOnceResult[])[]): string {
  const rows = results.flatMap((group) =>
    group.map((result) => {
      const { pages, server, entries, rounds } = result
      const median = medianOf(rounds)
      const [least, most] = spread(rounds.map(({ perSecond }) => perSecond))
      return {
        pages,
        of: `${server.name}, ${server.accounts} accounts`,
        entries: fixed(entries),
        'pages/s': fixed(median.perSecond),
        '(least–most)': `${fixed(least)}–${fixed(most)}`,
        'p50 ms': fixed(median.p50Ms),
        'p99 ms': fixed(median.p99Ms),
        'CPU ms/page': median.cpuMsPerOperation === undefined ? '' : fixed(median.cpuMsPerOperation),
        errors: median.errors,
        'first is faster by': result === group[0] ? '' : `${fixed(timesAsMany(group[0]!, result))}×`,
      }
    }),
  )
  const logs = results.flatMap(([first, ...others]) =>
    others.map((other) => Math.log(timesAsMany(first!, other))),
  )
  const mean = Math.exp(logs.reduce((sum, each) => sum + each, 0) / logs.length)
  return `${markdown(rows)}\n\nThe first is faster by ${fixed(mean)}×, the geometric mean of ${logs.length} lines.`
}
