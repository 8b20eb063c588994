import { measure, type Result } from './compare.ts'
import { pageGroups } from './pages.ts'
import type { ListedServer } from './sides.ts'

/** The same pages of both servers, in turns, each as deep in its own list. */
export async function measureBeside(
  ours: ListedServer,
  other: ListedServer,
  { pages, rounds }: { pages: string; rounds: number },
): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, pages: wanted } of pageGroups.filter((group) => group.name.includes(pages))) {
    results.push(await measure({ name, pages: wanted }, ours, other, rounds))
    console.log(`${name}: ${ratio(results.at(-1)!, 'p50Ms')} as fast`)
  }
  return results
}

const ratio = ({ large: ours, small: other }: Result, of: 'p50Ms' | 'p99Ms') =>
  `${(other[of] / ours[of]).toFixed(1)}×`

/** A page after a page, by one administrator: how many a second, of which the median takes so long. */
const perSecond = (ms: number) => (1_000 / ms).toFixed(1)

export function reportBeside(ours: ListedServer, other: ListedServer, results: readonly Result[]): string {
  return [
    `| pages of ${ours.accounts} accounts, and of ${other.accounts} elsewhere | p50 ms | p99 ms | pages/s | elsewhere p50 ms | p99 ms | pages/s | faster by, p50 | p99 |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...results.map((result) => {
      const { pages, large, small } = result
      const times = [large, small].flatMap(({ p50Ms, p99Ms }) => [
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
        perSecond(p50Ms),
      ])
      return `| ${[pages, ...times, ratio(result, 'p50Ms'), ratio(result, 'p99Ms')].join(' | ')} |`
    }),
  ].join('\n')
}
