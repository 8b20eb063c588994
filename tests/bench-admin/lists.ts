import { type Client, type Ranvier, startRanvier } from '@ranvier/testkit'
import { untilAtRest } from '../bench/rest.ts'
import { fillAccounts } from './accounts.ts'
import { type Measured, measure, type Result } from './compare.ts'
import { fillLists, type ListCounts, uploadersFor } from './fill-lists.ts'
import { listGroups } from './list-pages.ts'

/** A server with lists to page through. */
export interface ListSide extends Measured, ListCounts {
  server: Ranvier
  admin: Client
  /** Who has a tenth of the files. */
  collector: string
}

/** Measures all lists but that of the accounts. */
export async function benchLists(
  stack: AsyncDisposableStack,
  database: 'sqlite' | 'postgres',
  options: { counts: ListCounts; small: number; pages: string; rounds: number },
): Promise<Result[]> {
  const { counts, small: n, pages, rounds } = options
  const small = await startSide(database, { rooms: n, media: n, reports: n })
  stack.use(small.server)
  const large = await startSide(database, counts)
  stack.use(large.server)
  // The large one has more to read beforehand, and started last.
  for (const { server } of [small, large]) await untilAtRest(server.pid)
  const results: Result[] = []
  for (const group of listGroups.filter(({ name }) => name.includes(pages))) {
    results.push(await measure(group, large, small, rounds))
    console.log(`${group.name}: ${results.at(-1)!.worstRatio.toFixed(1)}× at the most`)
  }
  return results
}

async function startSide(database: 'sqlite' | 'postgres', counts: ListCounts): Promise<ListSide> {
  const server = await startRanvier({ database, configOverrides: { log_level: 'warn' } })
  const admin = await server.registerAdmin()
  await server.stop()
  await fillAccounts(server.storageOptions, server.serverName, uploadersFor(counts))
  const began = performance.now()
  const progress = (what: string) =>
    console.log(`${what} after ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const collector = await fillLists(server.storageOptions, counts, progress)
  await server.restart()
  return { ...counts, server, admin, collector }
}
