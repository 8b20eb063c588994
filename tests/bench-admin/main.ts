/** `npm run bench:admin [-- OPTIONS]`: pages of the account list, each beside the same page of a small server. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openStorage } from '@ranvier/storage'
import { type Client, type Ranvier, startPostgres, startRanvier } from '@ranvier/testkit'
import { agent, call } from '../bench/call.ts'
import { median, quantile } from '../bench/measure.ts'
import { fillAccounts, makeAdmins } from './accounts.ts'
import { type PageGroup, pageGroups } from './pages.ts'

const SMALL = 1_000
const ADMINS = 20

const HELP = `Measures pages of the account list (GET /_synapse/admin/v3/users), over HTTP, on a server with many accounts
and on one with ${SMALL}; the ratio of the two is what to read. Every order in both directions at several offsets up to
the end, every filter, and searches for parts of names.

Usage: npm run bench:admin [-- OPTIONS]

  --accounts N       how many accounts the large server has (default 100000)
  --database NAME    sqlite (default) or postgres
  --rounds N         requests for each page on each server (default 15)
  --pages TEXT       only the lines whose name holds this, for example search
  --json FILE        write all figures there too
  --help             this text`

interface Side {
  accounts: number
  server: Ranvier
  admin: Client
}

interface Figures {
  p50Ms: number
  p99Ms: number
}

interface Result {
  pages: string
  large: Figures
  small: Figures
  /** The page whose median is the most times that of the small server. */
  worstPage: string
  worstRatio: number
}

async function startSide(database: 'sqlite' | 'postgres', accounts: number): Promise<Side> {
  const server = await startRanvier({ database, configOverrides: { log_level: 'warn' } })
  const admin = await server.registerAdmin()
  await server.stop()
  const began = performance.now()
  await fillAccounts(server.storageOptions, server.serverName, accounts)
  await using storage = await openStorage(server.storageOptions)
  await storage.write((tx) => makeAdmins(tx.db, ADMINS))
  await storage[Symbol.asyncDispose]()
  await server.restart()
  console.log(`${accounts} accounts made in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return { accounts, server, admin }
}

async function timeOf(side: Side, query: string): Promise<number> {
  const began = performance.now()
  await call({ url: `${side.server.url}/_synapse/admin/${query}`, token: side.admin.accessToken })
  return performance.now() - began
}

async function measure(group: PageGroup, large: Side, small: Side, rounds: number): Promise<Result> {
  const all = { large: [] as number[], small: [] as number[] }
  let worst = { page: '', ratio: 0 }
  for (const page of group.pages) {
    const times = { large: [] as number[], small: [] as number[] }
    for (let i = 0; i <= rounds; i++) {
      // In turns: what else the machine does meets both. The first ones only warm caches.
      const [big, little] = [
        await timeOf(large, page(large.accounts, i)),
        await timeOf(small, page(small.accounts, i)),
      ]
      if (i === 0) continue
      times.large.push(big)
      times.small.push(little)
    }
    const ratio = median(times.large) / median(times.small)
    if (ratio > worst.ratio) worst = { page: page(large.accounts, 0), ratio }
    all.large.push(...times.large)
    all.small.push(...times.small)
  }
  return {
    pages: group.name,
    large: figuresOf(all.large),
    small: figuresOf(all.small),
    worstPage: worst.page,
    worstRatio: worst.ratio,
  }
}

function figuresOf(times: number[]): Figures {
  times.sort((a, b) => a - b)
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }
}

const show = ({ pages, large, small, worstRatio }: Result) => ({
  pages,
  'p50 ms': large.p50Ms.toFixed(1),
  'p99 ms': large.p99Ms.toFixed(1),
  [`p50 (${SMALL})`]: small.p50Ms.toFixed(1),
  [`p99 (${SMALL})`]: small.p99Ms.toFixed(1),
  '×p50': (large.p50Ms / small.p50Ms).toFixed(1),
  '×p99': (large.p99Ms / small.p99Ms).toFixed(1),
  'worst page': `${worstRatio.toFixed(1)}×`,
})

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '100000' },
    database: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string', default: '15' },
    pages: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { database } = values
if (values.help || (database !== 'sqlite' && database !== 'postgres')) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  stack.defer(() => agent.destroy())
  const small = await startSide(database, SMALL)
  stack.use(small.server)
  const large = await startSide(database, Number(values.accounts))
  stack.use(large.server)
  const results: Result[] = []
  for (const group of pageGroups.filter(({ name }) => name.includes(values.pages)))
    results.push(await measure(group, large, small, Number(values.rounds)))
  console.log(`\n${database}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
  console.table(results.map(show))
  const worst = results.toSorted((a, b) => b.worstRatio - a.worstRatio).slice(0, 5)
  for (const { worstRatio, worstPage } of worst) console.log(`${worstRatio.toFixed(1)}× ${worstPage}`)
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ database, accounts: large.accounts, node: process.version, cpus: cpus().length, results }, null, 2)}\n`,
    )
}
