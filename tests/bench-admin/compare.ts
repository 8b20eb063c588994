import { type Call, callBytes } from '../bench/call.ts'
import { median, quantile, sorted } from '../bench/measure.ts'

/** Pages that are reported as one line. */
export interface PageGroup<Side> {
  name: string
  pages: Page<Side>[]
  /**
   * The path of a page of the small server in the same order that shows so many entries. A search that finds ten thousand
   * of a million finds ten of a thousand: to show ten takes less, whoever looks for them.
   */
  asFull?: (path: string, entries: number, round: number) => string
}

/** The path of a page of a server, behind `/_synapse/admin/` or whole. Searches differ from round to round. */
export type Page<Side> = (side: Side, round: number) => string

/** A server that is measured. */
export interface Measured {
  server: { url: string }
  admin: { accessToken: string }
}

interface Figures {
  p50Ms: number
  p99Ms: number
}

export interface Result {
  pages: string
  large: Figures
  small: Figures
  /** Pages of the small server that show as many entries as those of the large one. */
  full?: Figures
  /** The first time that each page was asked for: caches know nothing of it. */
  first: { large: Figures; small: Figures }
  /** The page whose median is the most times that of the small server. */
  worstPage: string
  worstRatio: number
}

/** The request for a page. */
export function callOf({ server, admin }: Measured, path: string): Call {
  const place = path.startsWith('/') ? path : `/_synapse/admin/${path}`
  return { url: `${server.url}${place}`, token: admin.accessToken }
}

async function ask(side: Measured, path: string): Promise<{ ms: number; answer: Buffer }> {
  const began = performance.now()
  const answer = await callBytes(callOf(side, path))
  return { ms: performance.now() - began, answer }
}

/** How many entries a page shows. */
export function entriesIn(answer: string): number {
  return Object.values(JSON.parse(answer) as object).find(Array.isArray)?.length ?? 0
}

/** Asks both servers for every page of a group, in turns: what else the machine does meets both. */
export async function measure<Side extends Measured>(
  group: PageGroup<Side>,
  large: Side,
  small: Side,
  rounds: number,
): Promise<Result> {
  const all = { large: [] as number[], small: [] as number[], full: [] as number[] }
  const first = { large: [] as number[], small: [] as number[] }
  let worst = { page: '', ratio: 0 }
  for (const page of group.pages) {
    const times = { large: [] as number[], small: [] as number[] }
    for (let i = 0; i <= rounds; i++) {
      const [big, little] = [await ask(large, page(large, i)), await ask(small, page(small, i))]
      const path = group.asFull?.(page(small, i), entriesIn(big.answer.toString()), i)
      const full = path === undefined ? undefined : await ask(small, path)
      if (i === 0) {
        first.large.push(big.ms)
        first.small.push(little.ms)
        continue
      }
      times.large.push(big.ms)
      times.small.push(little.ms)
      if (full !== undefined) all.full.push(full.ms)
    }
    const ratio = median(times.large) / median(times.small)
    if (ratio > worst.ratio) worst = { page: page(large, 0), ratio }
    all.large.push(...times.large)
    all.small.push(...times.small)
  }
  return {
    pages: group.name,
    large: figuresOf(all.large),
    small: figuresOf(all.small),
    ...(all.full.length > 0 && { full: figuresOf(all.full) }),
    first: { large: figuresOf(first.large), small: figuresOf(first.small) },
    worstPage: worst.page,
    worstRatio: worst.ratio,
  }
}

function figuresOf(times: readonly number[]): Figures {
  const all = sorted(times)
  return { p50Ms: quantile(all, 0.5), p99Ms: quantile(all, 0.99) }
}

/** Shows all results, and the worst pages. */
export function report(results: readonly Result[]): void {
  console.table(
    results.map(({ pages, large, small, full, first, worstRatio }) => ({
      pages,
      'p50 ms': large.p50Ms.toFixed(1),
      'p99 ms': large.p99Ms.toFixed(1),
      'small p50': small.p50Ms.toFixed(1),
      'small p99': small.p99Ms.toFixed(1),
      '×p50': (large.p50Ms / small.p50Ms).toFixed(1),
      '×p99': (large.p99Ms / small.p99Ms).toFixed(1),
      ...(full !== undefined && {
        'full p50': full.p50Ms.toFixed(1),
        'full p99': full.p99Ms.toFixed(1),
        '×full p50': (large.p50Ms / full.p50Ms).toFixed(1),
        '×full p99': (large.p99Ms / full.p99Ms).toFixed(1),
      }),
      'first p50': first.large.p50Ms.toFixed(1),
      '×first p50': (first.large.p50Ms / first.small.p50Ms).toFixed(1),
      'worst page': `${worstRatio.toFixed(1)}×`,
    })),
  )
  const worst = results.toSorted((a, b) => b.worstRatio - a.worstRatio).slice(0, 5)
  for (const { worstRatio, worstPage } of worst) console.log(`${worstRatio.toFixed(1)}× ${worstPage}`)
}
